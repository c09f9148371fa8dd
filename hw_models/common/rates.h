// SPDX-License-Identifier: Apache-2.0
// Tables by number format and by class of vector work that the configs of all compute devices share, and the closed
// form of vector work. Integers only: rates are per clock cycle, costs are instructions per vector.
#pragma once

#include <cstdint>
#include <optional>

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
    std::uint32_t w8a16 = 0;
    std::uint32_t w4a16 = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("fp16", fp16, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("int8", int8, {.doc = "MACs per cycle and unit; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("int4", int4, {.doc = "int4 weights x int8; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("w8a16", w8a16, {.doc = "int8 weights x fp16; 0 = no datapath", .max = 65536, .fallback = 0});
        v.field("w4a16", w4a16, {.doc = "int4 weights x fp16; 0 = no datapath", .max = 65536, .fallback = 0});
    }
    [[nodiscard]] std::uint32_t operator[](MacFormat format) const;
    [[nodiscard]] bool any() const { return fp32 > 0 || fp16 > 0 || int8 > 0 || int4 > 0 || w8a16 > 0 || w4a16 > 0; }
};

struct MacEnergies {
    Femtojoules fp32{};
    Femtojoules fp16{};
    Femtojoules int8{};
    Femtojoules int4{};
    Femtojoules w8a16{};
    Femtojoules w4a16{};

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("fp16", fp16, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("int8", int8, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("int4", int4, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("w8a16", w8a16, {.doc = "energy per MAC", .fallback = Femtojoules{}});
        v.field("w4a16", w4a16, {.doc = "energy per MAC", .fallback = Femtojoules{}});
    }
    [[nodiscard]] Femtojoules operator[](MacFormat format) const;
};

/// Instructions that one vector register of elements costs, by operation.
struct VectorOpCosts {
    std::uint32_t move = 1;
    std::uint32_t add = 1;
    std::uint32_t mul = 1;
    std::uint32_t exp = 1;
    std::uint32_t divide = 1;
    std::uint32_t rsqrt = 1;
    std::uint32_t reduce = 1;
    std::uint32_t quantise = 1;
    std::uint32_t dequantise = 1;
    std::uint32_t rotate = 1;
    std::uint32_t gather = 1;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("move", move, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("add", add, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("mul", mul, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 1});
        v.field("exp", exp, {.doc = "polynomial or table", .min = 1, .max = 1000, .fallback = 12});
        v.field("divide", divide, {.doc = "instructions per vector", .min = 1, .max = 1000, .fallback = 8});
        v.field("rsqrt", rsqrt, {.doc = "estimate and Newton steps", .min = 1, .max = 1000, .fallback = 8});
        v.field("reduce", reduce, {.doc = "sum or maximum", .min = 1, .max = 1000, .fallback = 1});
        v.field("quantise", quantise, {.doc = "round, clamp, narrow", .min = 1, .max = 1000, .fallback = 2});
        v.field("dequantise", dequantise, {.doc = "widen, convert", .min = 1, .max = 1000, .fallback = 2});
        v.field("rotate", rotate, {.doc = "rotary embedding", .min = 1, .max = 1000, .fallback = 4});
        v.field("gather", gather, {.doc = "elements from a table", .min = 1, .max = 1000, .fallback = 4});
    }
    [[nodiscard]] std::uint32_t operator[](VectorOp op) const;
};

/// By operation and element format. Narrow elements share a register, so that fp16 takes half the vectors of fp32.
struct VectorCosts {
    VectorOpCosts fp32 = {};
    std::optional<VectorOpCosts> fp16 = std::nullopt;
    std::optional<VectorOpCosts> int8 = std::nullopt;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "costs of a vector of fp32 elements", .optional = true});
        v.field("fp16", fp16, {.doc = "costs of a vector of fp16 elements; absent: as fp32"});
        v.field("int8", int8, {.doc = "costs of a vector of int8 elements; absent: as fp32"});
    }
    [[nodiscard]] const VectorOpCosts& operator[](ElementFormat format) const;
};

/// Vector instructions of a tile on registers of `vector_bits`: for each operation and format, vectors (rounded up)
/// times their cost.
std::uint64_t vector_instructions(const Work& work, const VectorCosts& costs, std::uint32_t vector_bits);

/// Element operations of a tile: elements times cost, without rounding. The base of vector energy.
std::uint64_t vector_element_operations(const Work& work, const VectorCosts& costs);

/// Bits of one element of the two operands of a datapath.
struct MacBits {
    std::uint32_t activation = 0;
    std::uint32_t weight = 0;
};
MacBits mac_bits(MacFormat format);

/// Local-store bytes of a tile's vector elements, each read and written once.
Bytes vector_bytes(const Work& work);

/// Local-store bytes that a tile's arithmetic must touch at least: each operand read once, each result written once
/// (32 bit accumulators), each vector element read and written once.
Bytes local_bytes_touched(const Work& work);

}  // namespace handset
