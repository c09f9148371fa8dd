// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/models/naive_decoder.h"

#include <cmath>

namespace handset::testing {

namespace {

using Rows = std::vector<std::vector<double>>;

Rows sum(Rows x, const Rows& y) {
    for (std::size_t t = 0; t < x.size(); ++t) {
        for (std::size_t i = 0; i < x[t].size(); ++i) {
            x[t][i] += y[t][i];
        }
    }
    return x;
}

double activate(GateActivation kind, double x) {
    if (kind == GateActivation::silu) {
        return x / (1.0 + std::exp(-x));
    }
    // Gaussian error linear unit, tanh form
    return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

void rms(std::vector<double>& row, std::size_t first, std::size_t count, double eps, const std::vector<float>& scale) {
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
        squares += row[first + i] * row[first + i];
    }
    const double root = std::sqrt(squares / static_cast<double>(count) + eps);
    for (std::size_t i = 0; i < count; ++i) {
        row[first + i] = row[first + i] / root * static_cast<double>(scale[i]);
    }
}

void layer_norm(std::vector<double>& row, double eps, const std::vector<float>& scale, const std::vector<float>& bias) {
    const auto count = static_cast<double>(row.size());
    double mean = 0;
    for (const double value : row) {
        mean += value / count;
    }
    double variance = 0;
    for (const double value : row) {
        variance += (value - mean) * (value - mean) / count;
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] =
            (row[i] - mean) / std::sqrt(variance + eps) * static_cast<double>(scale[i]) + static_cast<double>(bias[i]);
    }
}

}  // namespace

std::vector<double> NaiveDecoder::logits(const std::vector<std::uint32_t>& tokens) const {
    Rows x = embed(tokens);
    for (std::uint32_t i = 0; i < config_.layers; ++i) {
        x = layer("blk." + std::to_string(i) + ".", x);
    }
    const Rows last{normed(x, "output_norm").back()};
    Rows out = times(last, config_.tied_embeddings ? "token_embd" : "output", false);
    if (config_.linear_bias) {
        const std::vector<float> bias = weights_("output.bias");
        out = sum(out, {std::vector<double>(bias.begin(), bias.end())});
    }
    return out[0];
}

NaiveDecoder::Rows NaiveDecoder::embed(const std::vector<std::uint32_t>& tokens) const {
    const std::vector<float> embeddings = weights_("token_embd.weight");
    Rows x;
    for (const std::uint32_t token : tokens) {
        const auto row = embeddings.begin() + static_cast<std::ptrdiff_t>(token * config_.hidden);
        x.emplace_back(row, row + config_.hidden);
        for (double& value : x.back()) {
            value *= config_.scaled_embedding ? std::sqrt(static_cast<double>(config_.hidden)) : 1.0;
        }
    }
    return x;
}

NaiveDecoder::Rows NaiveDecoder::layer(const std::string& prefix, const Rows& x) const {
    const Rows first = normed(x, prefix + "attn_norm");
    Rows mixed = attention(prefix, first);
    if (config_.parallel_block) {
        return sum(x, sum(mixed, feed_forward(prefix, first)));
    }
    if (config_.post_norms) {
        mixed = normed(mixed, prefix + "post_attention_norm");
    }
    const Rows middle = sum(x, mixed);
    Rows out = feed_forward(prefix, normed(middle, prefix + "ffn_norm"));
    if (config_.post_norms) {
        out = normed(out, prefix + "post_ffw_norm");
    }
    return sum(middle, out);
}

NaiveDecoder::Rows NaiveDecoder::normed(Rows x, const std::string& name) const {
    const std::vector<float> scale = weights_(name + ".weight");
    for (std::vector<double>& row : x) {
        if (config_.norm == NormKind::rms) {
            rms(row, 0, row.size(), config_.norm_eps, scale);
        } else {
            layer_norm(row, config_.norm_eps, scale, weights_(name + ".bias"));
        }
    }
    return x;
}

NaiveDecoder::Rows NaiveDecoder::times(const Rows& x, const std::string& name, bool bias) const {
    const std::vector<float> matrix = weights_(name + ".weight");
    const std::size_t columns = x[0].size();
    const std::vector<float> start =
        bias ? weights_(name + ".bias") : std::vector<float>(matrix.size() / columns, 0.0F);
    Rows out;
    for (const std::vector<double>& row : x) {
        std::vector<double>& sums = out.emplace_back(start.begin(), start.end());
        for (std::size_t i = 0; i < matrix.size(); ++i) {
            sums[i / columns] += static_cast<double>(matrix[i]) * row[i % columns];
        }
    }
    return out;
}

NaiveDecoder::Rows NaiveDecoder::heads(const Rows& x, const std::string& name, bool bias) const {
    Rows out = times(x, name, bias);
    if (config_.qk_norm) {
        const std::vector<float> scale = weights_(name + "_norm.weight");
        for (std::vector<double>& row : out) {
            for (std::size_t at = 0; at < row.size(); at += scale.size()) {
                rms(row, at, scale.size(), config_.norm_eps, scale);
            }
        }
    }
    rotate(out);
    return out;
}

void NaiveDecoder::rotate(Rows& heads) const {
    const std::size_t size = config_.head_size();
    const std::size_t turned = config_.rope_dims != 0 ? config_.rope_dims : size;
    const bool half = config_.rope_pairing == RopePairing::half;
    for (std::size_t t = 0; t < heads.size(); ++t) {
        for (std::size_t at = 0; at < heads[t].size(); at += size) {
            for (std::size_t i = 0; i < turned / 2; ++i) {
                const double turn =
                    static_cast<double>(t) *
                    std::pow(config_.rope_base, -2.0 * static_cast<double>(i) / static_cast<double>(turned));
                double& a = heads[t][at + (half ? i : 2 * i)];
                double& b = heads[t][at + (half ? i + turned / 2 : 2 * i + 1)];
                const double before = a;
                a = before * std::cos(turn) - b * std::sin(turn);
                b = before * std::sin(turn) + b * std::cos(turn);
            }
        }
    }
}

NaiveDecoder::Rows NaiveDecoder::attention(const std::string& prefix, const Rows& x) const {
    const bool bias = config_.qkv_bias || config_.linear_bias;
    const Rows q = heads(x, prefix + "attn_q", bias);
    const Rows k = heads(x, prefix + "attn_k", bias);
    const Rows v = times(x, prefix + "attn_v", bias);
    Rows out;
    for (std::size_t t = 0; t < x.size(); ++t) {
        out.push_back(attend(q, k, v, t));
    }
    return times(out, prefix + "attn_output", config_.linear_bias);
}

std::vector<double> NaiveDecoder::attend(const Rows& q, const Rows& k, const Rows& v, std::size_t token) const {
    const std::size_t size = config_.head_size();
    std::vector<double> out(q[token].size());
    for (std::size_t head = 0; head < config_.heads; ++head) {
        const std::size_t shared = head / (config_.heads / config_.kv_heads) * size;
        std::vector<double> weights(token + 1);
        double total = 0;
        for (std::size_t past = 0; past <= token; ++past) {
            if (config_.window != 0 && token - past >= config_.window) {
                continue;
            }
            double score = 0;
            for (std::size_t i = 0; i < size; ++i) {
                score += q[token][head * size + i] * k[past][shared + i];
            }
            weights[past] = std::exp(score / std::sqrt(static_cast<double>(size)));
            total += weights[past];
        }
        for (std::size_t past = 0; past <= token; ++past) {
            for (std::size_t i = 0; i < size; ++i) {
                out[head * size + i] += weights[past] / total * v[past][shared + i];
            }
        }
    }
    return out;
}

NaiveDecoder::Rows NaiveDecoder::feed_forward(const std::string& prefix, const Rows& x) const {
    Rows inner = times(x, prefix + (config_.ffn_gated ? "ffn_gate" : "ffn_up"), config_.linear_bias);
    for (std::vector<double>& row : inner) {
        for (double& value : row) {
            value = activate(config_.activation, value);
        }
    }
    if (config_.ffn_gated) {
        const Rows up = times(x, prefix + "ffn_up", config_.linear_bias);
        for (std::size_t t = 0; t < inner.size(); ++t) {
            for (std::size_t i = 0; i < inner[t].size(); ++i) {
                inner[t][i] *= up[t][i];
            }
        }
    }
    return times(inner, prefix + "ffn_down", config_.linear_bias);
}

}  // namespace handset::testing
