// SPDX-License-Identifier: Apache-2.0
// Builds the graph of one decoder step or of a prompt in chunks, op by op; the part of DecoderModel that knows how a
// layer is wired.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/ir/op_graph.h"
#include "workloads/models/decoder_builder.h"

namespace handset {

/// The activation format that products with these weights take under a mode, fp32 for floating-point weights.
/// Throws ConfigError naming the weight when the mode does not go with its format.
NumberFormat matmul_input_format(const Weight& weight, ActivationMode mode);

class DecoderStep {
  public:
    explicit DecoderStep(const DecoderModel& model);
    /// Adds the ops of one chunk; weights and caches are those of the chunks before.
    void add(const StepInput& input, int chunk = 0);
    OpGraph graph() && { return std::move(graph_); }

  private:
    TensorUse embed();
    TensorUse layer(std::uint32_t index, const TensorUse& x);
    /// Both read `normed` and add their result to `x`.
    TensorUse attention_block(std::uint32_t index, const TensorUse& x, const TensorUse& normed);
    TensorUse feed_forward_block(std::uint32_t index, const TensorUse& x, const TensorUse& normed);
    [[nodiscard]] Attributes attention_attributes(std::uint64_t keys) const;
    void choose_token(const TensorUse& x);
    void score_rows(const TensorUse& x);
    [[nodiscard]] std::string_view head_weight() const;

    /// Adds an op whose output is a new fp32 tensor of the same name, unless another format is given.
    TensorUse op(const std::string& name, std::string_view kernel, std::vector<TensorUse> inputs, std::uint64_t cols,
                 Attributes attrs = {}, NumberFormat format = NumberFormat::fp32);
    void op_into(const std::string& name, std::string_view kernel, std::vector<TensorUse> inputs, TensorUse output,
                 Attributes attrs = {}, Attributes runtime = {});
    void add(const std::string& name, std::string_view kernel, std::vector<TensorUse> inputs,
             std::vector<TensorUse> outputs, Attributes attrs, Attributes runtime = {});
    /// With the weights of the norm `weights`; without a name: of its own.
    TensorUse norm(const std::string& name, const TensorUse& x, std::string_view weights = {});
    /// `x` itself in models without such norms.
    TensorUse post_norm(const std::string& name, const TensorUse& x);
    TensorUse head_norm(const std::string& name, const TensorUse& x, std::uint32_t heads);
    /// `quantised` caches the converted input between products that share it.
    TensorUse product(const std::string& name, std::string_view kernel, const TensorUse& x,
                      std::string_view weight_name = {});
    TensorUse quantised(const TensorUse& x, NumberFormat format);
    /// What is left of a quantised input beside it: residual of the outlier channels and their indices.
    struct Outliers {
        TensorUse residual;
        TensorUse indices;
    };
    [[nodiscard]] bool sets_outliers_apart(NumberFormat format) const;
    TensorUse quantise_outliers(const std::string& name, const TensorUse& x);
    /// Adds the shadow product of an input's outliers to the product of its quantised part.
    TensorUse with_shadow(const std::string& name, const TensorUse& main, const Outliers& outliers,
                          const std::string& weight_name);
    TensorUse rope_into(const std::string& name, const TensorUse& x, std::uint32_t heads, TensorUse output);
    TensorUse weight(std::string_view name);
    TensorUse new_tensor(const std::string& name, Shape shape, NumberFormat format);
    TensorUse cache(const std::string& name);
    [[nodiscard]] static TensorUse cache_rows(const TensorUse& cache, std::uint64_t first, std::uint64_t count);

    const DecoderModel& model_;
    const DecoderConfig& config_;
    StepInput input_;
    std::uint64_t rows_ = 0;
    std::uint64_t kv_len_ = 0;
    int layer_ = -1;
    int chunk_ = 0;
    std::string prefix_;  ///< of the chunk's ops and tensors
    OpGraph graph_;
    std::map<std::string, TensorId, std::less<>> weights_;
    std::map<std::string, TensorId, std::less<>> caches_;
    std::map<std::pair<TensorId, NumberFormat>, TensorUse> quantised_;
    std::map<TensorId, Outliers> outliers_;  // by quantised input
};

}  // namespace handset
