// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_step.h"

#include <algorithm>
#include <cmath>

#include "sim/base/errors.h"

namespace handset {

namespace {

template <class Enum>
std::string name_of(Enum value) {
    for (const auto& [name, candidate] : enum_names(value)) {
        if (candidate == value) {
            return std::string(name);
        }
    }
    fail_invariant("enum value without a name");
}

Attributes attribute(std::string_view name, Attributes::Value value) {
    Attributes attrs;
    attrs.set(name, std::move(value));
    return attrs;
}

std::int64_t as_integer(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

}  // namespace

NumberFormat matmul_input_format(const Weight& weight, ActivationMode mode) {
    const bool grouped = weight.format == NumberFormat::q8_0 || weight.format == NumberFormat::q4_0;
    const bool integer = grouped || weight.format == NumberFormat::int8;
    if (mode == ActivationMode::fp32 || !integer) {
        return NumberFormat::fp32;
    }
    if (grouped != (mode == ActivationMode::q8_0)) {
        throw ConfigError("activations in " + name_of(mode) + " do not go with weights in " +
                          std::string(info(weight.format).name) + " (" + weight.name + ")");
    }
    return mode == ActivationMode::q8_0 ? NumberFormat::q8_0 : NumberFormat::int8;
}

DecoderStep::DecoderStep(const DecoderModel& model) : model_(model), config_(model.config()) {}

void DecoderStep::add(const StepInput& input, int chunk) {
    input_ = input;
    rows_ = input.tokens.size();
    kv_len_ = input.position + rows_;
    chunk_ = chunk;
    prefix_ = chunk == 0 ? "" : "c" + std::to_string(chunk) + ".";
    TensorUse x = embed();
    for (std::uint32_t index = 0; index < config_.layers; ++index) {
        layer_ = static_cast<int>(index);
        x = layer(index, x);
    }
    layer_ = -1;
    if (input_.score) {
        score_rows(x);
    }
    if (input_.sample) {
        prefix_.clear();  // the choice of a token belongs to the prompt as a whole
        choose_token(x);
    }
}

TensorUse DecoderStep::embed() {
    OpNode node;
    node.name = prefix_ + "token_embd";
    node.kernel = "embedding";
    node.chunk = chunk_;
    node.inputs = {weight("token_embd.weight")};
    node.gather = input_.tokens;
    if (config_.scaled_embedding) {
        node.attrs.set("scale", std::sqrt(static_cast<double>(config_.hidden)));
    }
    const TensorUse x = new_tensor("token_embd", {.rows = rows_, .cols = config_.hidden}, NumberFormat::fp32);
    node.outputs = {x};
    graph_.add_op(std::move(node));
    return x;
}

TensorUse DecoderStep::layer(std::uint32_t index, const TensorUse& x) {
    const TensorUse normed = norm(layer_name(index, "attn_norm"), x);
    const TensorUse mixed = attention_block(index, x, normed);
    return feed_forward_block(index, mixed,
                              config_.parallel_block ? normed : norm(layer_name(index, "ffn_norm"), mixed));
}

TensorUse DecoderStep::attention_block(std::uint32_t index, const TensorUse& x, const TensorUse& normed) {
    const auto named = [index](std::string_view kind) { return layer_name(index, kind); };
    const TensorUse q = head_norm(named("attn_q_norm"), product(named("attn_q"), "matmul", normed), config_.heads);
    const TensorUse k = head_norm(named("attn_k_norm"), product(named("attn_k"), "matmul", normed), config_.kv_heads);
    const TensorUse v = product(named("attn_v"), "matmul", normed);
    const TensorUse q_rope =
        rope_into(named("rope_q"), q, config_.heads, new_tensor(named("rope_q"), q.shape, NumberFormat::fp32));
    const TensorUse k_cache = cache(named("k_cache"));
    const TensorUse v_cache = cache(named("v_cache"));
    rope_into(named("rope_k"), k, config_.kv_heads, cache_rows(k_cache, input_.position, rows_));
    op_into(named("store_v"), "copy", {v}, cache_rows(v_cache, input_.position, rows_));
    const bool fixed = model_.formats().static_kv;
    const std::uint64_t first = fixed ? 0 : config_.first_key(input_.position);
    const std::uint64_t keys = fixed ? config_.context : kv_len_ - first;
    const TensorUse mixed = new_tensor(named("attention"), q_rope.shape, NumberFormat::fp32);
    op_into(named("attention"), "attention",
            {q_rope, cache_rows(k_cache, first, keys), cache_rows(v_cache, first, keys)}, mixed,
            attention_attributes(keys), fixed ? attribute("position", as_integer(input_.position)) : Attributes{});
    const TensorUse out = post_norm(named("post_attention_norm"), product(named("attn_output"), "matmul", mixed));
    return op(named("attn_residual"), "add", {x, out}, config_.hidden);
}

Attributes DecoderStep::attention_attributes(std::uint64_t keys) const {
    Attributes attrs;
    attrs.set("heads", as_integer(config_.heads)).set("kv_heads", as_integer(config_.kv_heads));
    attrs.set("head_dim", as_integer(config_.head_size()));
    if (config_.window != 0 && config_.window < keys) {
        attrs.set("window", as_integer(config_.window));
    }
    if (model_.formats().static_kv) {
        attrs.set("fixed", 1);
    }
    return attrs;
}

TensorUse DecoderStep::feed_forward_block(std::uint32_t index, const TensorUse& x, const TensorUse& normed) {
    const auto named = [index](std::string_view kind) { return layer_name(index, kind); };
    TensorUse active;
    if (config_.ffn_gated) {
        const TensorUse gate = product(named("ffn_gate"), "matmul", normed);
        const TensorUse up = product(named("ffn_up"), "matmul", normed);
        active = op(named("ffn_gated"), "gated", {gate, up}, config_.ffn,
                    attribute("activation", name_of(config_.activation)));
    } else {
        const TensorUse up = product(named("ffn_up"), "matmul", normed);
        active = op(named("ffn_act"), name_of(config_.activation), {up}, config_.ffn);
    }
    const TensorUse down = post_norm(named("post_ffw_norm"), product(named("ffn_down"), "matmul", active));
    return op(named("ffn_residual"), "add", {x, down}, config_.hidden);
}

std::string_view DecoderStep::head_weight() const {
    return config_.tied_embeddings ? "token_embd.weight" : "output.weight";
}

/// Row i predicts token i + 1; the last row of the prompt is choose_token's.
void DecoderStep::score_rows(const TensorUse& x) {
    TensorUse scored = x;
    scored.shape.rows -= input_.padding + (input_.sample ? 1 : 0);
    if (scored.shape.rows > 0) {
        product(std::string(DecoderModel::kPromptLogitsTensor), "lm_head", norm("prompt_norm", scored, "output_norm"),
                head_weight());
    }
}

void DecoderStep::choose_token(const TensorUse& x) {
    // Only the last real row predicts a new token.
    TensorUse last = x;
    last.shape.rows = 1;
    last.offset += (rows_ - input_.padding - 1) * row_bytes(x.format, x.shape.cols);
    const TensorUse normed = norm("output_norm", last);
    const TensorUse logits = product(std::string(DecoderModel::kLogitsTensor), "lm_head", normed, head_weight());
    Attributes attrs;
    attrs.set("method", name_of(input_.sampling.method));
    if (input_.sampling.method == SampleMethod::sample) {
        attrs.set("temperature", input_.sampling.temperature).set("top_k", as_integer(input_.sampling.top_k));
        attrs.set("top_p", input_.sampling.top_p);
    }
    Attributes runtime;
    runtime.set("seed", as_integer(input_.seed)).set("step", as_integer(input_.step));
    const TensorUse token =
        new_tensor(std::string(DecoderModel::kTokenTensor), {.rows = 1, .cols = 1}, NumberFormat::int32);
    op_into("sample", "sample", {logits}, token, attrs, runtime);
}

TensorUse DecoderStep::op(const std::string& name, std::string_view kernel, std::vector<TensorUse> inputs,
                          std::uint64_t cols, Attributes attrs, NumberFormat format) {
    const Shape shape{.rows = inputs.front().shape.rows, .cols = cols};
    const TensorUse output = new_tensor(name, shape, format);
    op_into(name, kernel, std::move(inputs), output, std::move(attrs));
    return output;
}

void DecoderStep::op_into(const std::string& name, std::string_view kernel, std::vector<TensorUse> inputs,
                          TensorUse output, Attributes attrs, Attributes runtime) {
    add(name, kernel, std::move(inputs), {output}, std::move(attrs), std::move(runtime));
}

void DecoderStep::add(const std::string& name, std::string_view kernel, std::vector<TensorUse> inputs,
                      std::vector<TensorUse> outputs, Attributes attrs, Attributes runtime) {
    OpNode node;
    node.name = prefix_ + name;
    node.kernel = kernel;
    node.layer = layer_;
    node.chunk = chunk_;
    node.inputs = std::move(inputs);
    node.outputs = std::move(outputs);
    node.attrs = std::move(attrs);
    node.runtime = std::move(runtime);
    graph_.add_op(std::move(node));
}

TensorUse DecoderStep::norm(const std::string& name, const TensorUse& x, std::string_view weights) {
    const std::string of = weights.empty() ? name : std::string(weights);
    std::vector<TensorUse> inputs{x, weight(of + ".weight")};
    if (config_.norm == NormKind::layer) {
        inputs.push_back(weight(of + ".bias"));
    }
    return op(name, config_.norm == NormKind::layer ? "layernorm" : "rmsnorm", std::move(inputs), x.shape.cols,
              attribute("eps", config_.norm_eps));
}

TensorUse DecoderStep::post_norm(const std::string& name, const TensorUse& x) {
    return config_.post_norms ? norm(name, x) : x;
}

TensorUse DecoderStep::head_norm(const std::string& name, const TensorUse& x, std::uint32_t heads) {
    if (!config_.qk_norm) {
        return x;
    }
    // Rows lie one behind the other, so that a row of heads is as well that many rows of one head.
    TensorUse by_head = x;
    by_head.shape = {.rows = x.shape.rows * heads, .cols = config_.head_size()};
    TensorUse normed = norm(name, by_head);
    normed.shape = x.shape;
    return normed;
}

TensorUse DecoderStep::product(const std::string& name, std::string_view kernel, const TensorUse& x,
                               std::string_view weight_name) {
    const std::string w_name = weight_name.empty() ? name + ".weight" : std::string(weight_name);
    const Weight& stored = model_.weights().at(w_name);
    const NumberFormat format = matmul_input_format(stored, model_.formats().activations);
    const TensorUse input = format == NumberFormat::fp32 ? x : quantised(x, format);
    std::vector<TensorUse> inputs{input, weight(w_name)};
    if (model_.weights().find(name + ".bias") != nullptr) {
        inputs.push_back(weight(name + ".bias"));
    }
    const TensorUse out = op(name, kernel, std::move(inputs), stored.shape.rows);
    const auto outliers = outliers_.find(input.tensor);
    return outliers == outliers_.end() ? out : with_shadow(name, out, outliers->second, w_name);
}

TensorUse DecoderStep::with_shadow(const std::string& name, const TensorUse& main, const Outliers& outliers,
                                   const std::string& weight_name) {
    const TensorUse shadow = new_tensor(name + ".shadow", main.shape, NumberFormat::fp32);
    op_into(name + ".shadow", "outlier_matmul", {weight(shadow_name(weight_name)), outliers.residual, outliers.indices},
            shadow, attribute("gather_from", std::int64_t{2}));
    return op(name + ".merged", "add", {main, shadow}, main.shape.cols);
}

TensorUse DecoderStep::quantised(const TensorUse& x, NumberFormat format) {
    const auto found = quantised_.find({x.tensor, format});
    if (found != quantised_.end()) {
        return found->second;
    }
    Attributes attrs;
    const bool tensor = format == NumberFormat::int8 && model_.formats().activation_scale == ActivationScale::tensor;
    attrs.set("format", std::string(info(format).name)).set("granularity", std::string(tensor ? "tensor" : "row"));
    const std::string name = graph_.tensor(x.tensor).name.substr(prefix_.size()) + ".quantised";
    const TensorUse out = sets_outliers_apart(format) ? quantise_outliers(name, x)
                                                      : op(name, "quantise", {x}, x.shape.cols, attrs, format);
    quantised_.emplace(std::pair{x.tensor, format}, out);
    return out;
}

bool DecoderStep::sets_outliers_apart(NumberFormat format) const {
    return format == NumberFormat::int8 && layer_ >= 0 && model_.formats().outliers.channels > 0;
}

TensorUse DecoderStep::quantise_outliers(const std::string& name, const TensorUse& x) {
    const std::uint64_t channels = std::min<std::uint64_t>(model_.formats().outliers.channels, x.shape.cols - 1);
    const bool kept = model_.formats().outliers.keeps(layer_);
    Attributes attrs;
    attrs.set("format", std::string("int8")).set("granularity", std::string("outlier"));
    attrs.set("channels", as_integer(channels));
    std::vector<TensorUse> outputs{new_tensor(name, x.shape, NumberFormat::int8)};
    if (kept) {
        const Shape residual{.rows = x.shape.rows, .cols = channels};
        outputs.push_back(new_tensor(name + ".residual", residual, NumberFormat::fp32));
        outputs.push_back(new_tensor(name + ".channels", {.rows = 1, .cols = channels}, NumberFormat::int32));
        outliers_.emplace(outputs[0].tensor, Outliers{outputs[1], outputs[2]});
    } else {
        attrs.set("drop", std::int64_t{1});
    }
    add(name, "quantise", {x}, outputs, attrs);
    return outputs[0];
}

TensorUse DecoderStep::rope_into(const std::string& name, const TensorUse& x, std::uint32_t heads, TensorUse output) {
    Attributes attrs;
    attrs.set("heads", as_integer(heads)).set("head_dim", as_integer(config_.head_size()));
    attrs.set("base", config_.rope_base).set("pairing", name_of(config_.rope_pairing));
    if (config_.rotated() != config_.head_size()) {
        attrs.set("rope_dims", as_integer(config_.rotated()));
    }
    std::vector<TensorUse> inputs{x};
    if (config_.rope_factors) {
        inputs.push_back(weight("rope_freqs.weight"));
    }
    op_into(name, "rope", std::move(inputs), output, attrs, attribute("position", as_integer(input_.position)));
    return output;
}

TensorUse DecoderStep::weight(std::string_view name) {
    const auto found = weights_.find(name);
    if (found != weights_.end()) {
        return graph_.whole(found->second);
    }
    const Weight& stored = model_.weights().at(name);
    Tensor tensor;
    tensor.name = stored.name;
    tensor.shape = stored.shape;
    tensor.format = stored.format;
    tensor.tag = MemoryTag::weights;
    tensor.persistent = true;
    const TensorId id = graph_.add_tensor(std::move(tensor));
    weights_.emplace(stored.name, id);
    return graph_.whole(id);
}

TensorUse DecoderStep::new_tensor(const std::string& name, Shape shape, NumberFormat format) {
    Tensor tensor;
    tensor.name = prefix_ + name;
    tensor.shape = shape;
    tensor.format = format;
    tensor.tag = MemoryTag::activations;
    return graph_.whole(graph_.add_tensor(std::move(tensor)));
}

TensorUse DecoderStep::cache(const std::string& name) {
    const auto found = caches_.find(name);
    if (found != caches_.end()) {
        return graph_.whole(found->second);
    }
    Tensor tensor;
    tensor.name = name;
    tensor.shape = {.rows = config_.context, .cols = config_.kv_width()};
    tensor.format = model_.formats().kv;
    tensor.tag = MemoryTag::kv;
    tensor.persistent = true;
    const TensorId id = graph_.add_tensor(std::move(tensor));
    caches_.emplace(name, id);
    return graph_.whole(id);
}

TensorUse DecoderStep::cache_rows(const TensorUse& cache, std::uint64_t first, std::uint64_t count) {
    TensorUse use = cache;
    use.shape.rows = count;
    use.offset = first * row_bytes(cache.format, cache.shape.cols);
    return use;
}

}  // namespace handset
