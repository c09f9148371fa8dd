// SPDX-License-Identifier: Apache-2.0
// Tables by number format and by class of vector work that the configs of all compute devices share, and the closed
// form of vector work. Integers only: rates are per clock cycle, costs are instructions per vector.
#pragma once

#include <cstdint>

#include "sim/base/quantity.h"
#include "sim/ir/number_format.h"
#include "sim/ir/tile_program.h"

namespace handset {

/// Multiply-accumulates per cycle of one unit (PE, core, compute unit); 0 = no such datapath.
struct MacRates {
    std::uint32_t fp32 = 0;
    std::uint32_t fp16 = 0;
    std::uint32_t int8 = 0;
    std::uint32_t int4 = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("fp16", fp16, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("int8", int8, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("int4", int4, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
    }
    [[nodiscard]] std::uint32_t operator[](MacFormat format) const;
    [[nodiscard]] bool any() const { return fp32 > 0 || fp16 > 0 || int8 > 0 || int4 > 0; }
};

struct MacEnergies {
    Femtojoules fp32{};
    Femtojoules fp16{};
    Femtojoules int8{};
    Femtojoules int4{};

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("fp16", fp16, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("int8", int8, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("int4", int4, {.doc = "energy per MAC", .fallback = Femtojoules{}});
    }
    [[nodiscard]] Femtojoules operator[](MacFormat format) const;
};

/// Share of the peak rate that the real inner loops reach, in percent.
struct MacEfficiencies {
    std::uint32_t fp32 = 100;
    std::uint32_t fp16 = 100;
    std::uint32_t int8 = 100;
    std::uint32_t int4 = 100;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "percent of the peak rate", .min = 1, .max = 100, .fallback = 100});
        v.field("fp16", fp16, {.doc = "percent of the peak rate", .min = 1, .max = 100, .fallback = 100});
        v.field("int8", int8, {.doc = "percent of the peak rate", .min = 1, .max = 100, .fallback = 100});
        v.field("int4", int4, {.doc = "percent of the peak rate", .min = 1, .max = 100, .fallback = 100});
    }
    [[nodiscard]] std::uint32_t operator[](MacFormat format) const;
};

/// Instructions that one vector register of fp32 elements costs.
struct VectorCosts {
    std::uint32_t move = 1;
    std::uint32_t add = 1;
    std::uint32_t mul = 1;
    std::uint32_t exp = 1;
    std::uint32_t divide = 1;
    std::uint32_t reduce = 1;
    std::uint32_t convert = 1;
    std::uint32_t rotate = 1;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("move", move, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("add", add, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("mul", mul, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("exp", exp, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 12});
        v.field("divide", divide, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 8});
        v.field("reduce", reduce, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("convert", convert, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 2});
        v.field("rotate", rotate, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 4});
    }
    [[nodiscard]] std::uint32_t operator[](VectorOp op) const;
};

/// Vector instructions of a tile: for each class, elements / `elements_per_vector` rounded up, times its cost.
std::uint64_t vector_instructions(const Work& work, const VectorCosts& costs, std::uint32_t elements_per_vector);

/// Element operations of a tile: elements times cost, without rounding. The base of vector energy.
std::uint64_t vector_element_operations(const Work& work, const VectorCosts& costs);

/// Storage bits of one operand element of a datapath.
std::uint32_t mac_operand_bits(MacFormat format);

/// Local-store bytes that a tile's arithmetic must touch at least: each operand read once, each result written once
/// (32 bit accumulators), each vector element read and written as fp32.
Bytes local_bytes_touched(const Work& work);

}  // namespace handset
