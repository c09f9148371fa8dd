// SPDX-License-Identifier: Apache-2.0
// The forward pass as papers write it, in double precision: one sequence, no cache, no tiles. Shares nothing with the
// builder but the names of the weights.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "workloads/models/decoder_config.h"

namespace handset::testing {

class NaiveDecoder {
  public:
    /// Values of the weight of a name.
    using Weights = std::function<std::vector<float>(const std::string&)>;

    NaiveDecoder(DecoderConfig config, Weights weights) : config_(std::move(config)), weights_(std::move(weights)) {}

    /// Of the last token.
    [[nodiscard]] std::vector<double> logits(const std::vector<std::uint32_t>& tokens) const;

  private:
    using Rows = std::vector<std::vector<double>>;

    [[nodiscard]] Rows embed(const std::vector<std::uint32_t>& tokens) const;
    [[nodiscard]] Rows layer(const std::string& prefix, const Rows& x) const;
    [[nodiscard]] Rows normed(Rows x, const std::string& name) const;
    [[nodiscard]] Rows times(const Rows& x, const std::string& name, bool bias) const;
    [[nodiscard]] Rows heads(const Rows& x, const std::string& name, bool bias) const;
    void rotate(Rows& heads) const;
    [[nodiscard]] Rows attention(const std::string& prefix, const Rows& x) const;
    [[nodiscard]] std::vector<double> attend(const Rows& q, const Rows& k, const Rows& v, std::size_t token) const;
    [[nodiscard]] Rows feed_forward(const std::string& prefix, const Rows& x) const;

    DecoderConfig config_;
    Weights weights_;
};

}  // namespace handset::testing
