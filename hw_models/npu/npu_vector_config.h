// SPDX-License-Identifier: Apache-2.0
// Parameters of an NPU's vector unit: threads of equal width that issue one instruction per cycle each. Dependences
// between instructions are part of their cost.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "hw_models/common/rates.h"

namespace handset {

/// How the vector unit raises e to a power: a polynomial in registers, or a gather from a table in the scratchpad.
enum class Exponential : std::uint8_t { polynomial, table };
std::span<const std::pair<std::string_view, Exponential>> enum_names(Exponential);

/// Instructions that a vector register of multiply-accumulates costs; 0 = the vector unit runs no such product.
struct VectorProducts {
    std::uint32_t fp32 = 0;
    std::uint32_t fp16 = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "instructions per vector; 0 = no products", .max = 1000, .fallback = 0});
        v.field("fp16", fp16, {.doc = "instructions per vector; 0 = no products", .max = 1000, .fallback = 0});
    }
};

struct NpuVectorConfig {
    std::uint32_t threads = 1;
    std::uint32_t width_bits = 0;
    Hertz clock;
    VectorCosts costs;
    Exponential exponential = Exponential::polynomial;
    std::uint32_t table_exp = 1;
    VectorProducts products{};
    Bytes thread_width{};
    Femtojoules energy;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("threads", threads, {.doc = "vector contexts that issue together", .min = 1, .max = 64});
        v.field("width_bits", width_bits, {.doc = "vector register", .min = 32, .max = 65536});
        v.field("clock", clock, {.doc = "clock of the vector unit", .min = Hertz{1'000'000}});
        v.field("costs", costs, {.doc = "instructions per vector and class of work", .optional = true});
        v.field("exponential", exponential,
                {.doc = "costs.*.exp is of a polynomial; table: table_exp holds instead",
                 .fallback = Exponential::polynomial});
        v.field("table_exp", table_exp,
                {.doc = "instructions per vector of exp by table", .min = 1, .max = 1000, .fallback = 8});
        v.field("products", products, {.doc = "matrix products without a rate in macs_per_pe", .optional = true});
        v.field("thread_width", thread_width,
                {.doc = "scratchpad bytes that a thread reads or writes per cycle; 0: no limit", .fallback = Bytes{}});
        v.field("energy", energy, {.doc = "per element and instruction"});
    }
    /// The costs in force: with table_exp where the part looks exponentials up.
    [[nodiscard]] VectorCosts chosen_costs() const;
    /// Instructions per vector of multiply-accumulates; 0: none.
    [[nodiscard]] std::uint32_t product_cost(MacFormat format) const;
};

}  // namespace handset
