// SPDX-License-Identifier: Apache-2.0
// Outlier channels of int8 activations in a workload file: how they are handled, and outliers planted for tests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/errors.h"
#include "sim/runtime/page_cache_config.h"

namespace handset {

struct OutlierConfig {
    std::uint32_t channels = 0;
    double pruned_layers = 0.0;
    std::vector<std::uint32_t> kept_layers;
    std::optional<PageCacheConfig> mmap;
    std::uint64_t seed = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        // 5 to 15 channels per layer have outliers (R: llm.npu, arXiv 2407.05858, section 2.3).
        v.field("channels", channels,
                {.doc = "channels of each product input that are set apart, those of largest magnitude in the step",
                 .min = 1,
                 .max = 4096,
                 .fallback = 10});
        // (R) llm.npu's default.
        v.field("pruned_layers", pruned_layers,
                {.doc = "share of layers whose outliers are clamped and lost; the layers nearest to input and output "
                        "keep theirs",
                 .min = 0.0,
                 .max = 1.0,
                 .fallback = 0.85});
        v.field("kept_layers", kept_layers,
                {.doc = "the layers that keep their outliers, instead of pruned_layers", .optional = true});
        v.field("mmap", mmap,
                {.doc = "shadow weights stay in flash and rows that are used are kept in a page cache; without: they "
                        "are loaded like all weights"});
        v.field("seed", seed, {.doc = "of the channels that runs without data take for outliers", .fallback = 1});
    }
};

struct PlantConfig {
    std::uint32_t channels = 0;
    double factor = 1.0;
    std::uint64_t seed = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("channels", channels, {.doc = "channels of each norm that become outliers", .min = 1, .max = 4096});
        v.field("factor", factor,
                {.doc = "their magnitude beside what it was; with a power of two the fp32 function stays the same to "
                        "the bit",
                 .min = 1.0,
                 .max = 65536.0,
                 .fallback = 32.0});
        v.field("seed", seed, {.doc = "of the choice of channels", .fallback = 1});
    }
};

}  // namespace handset
