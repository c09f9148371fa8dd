// SPDX-License-Identifier: Apache-2.0
// Cycles of a matrix product on one core, counted from the instructions of its micro-kernel: a block of results held in
// registers, operands loaded per step, scales folded in per group. Does not model pipelines instruction by instruction:
// the slowest of SIMD pipes, load pipes, issue width and L2 bounds a block; only the exposed latencies are added.
// Source of the scheme: Goto and van de Geijn 2008; blocks of KleidiAI, XNNPACK and ggml.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "hw_models/common/rates.h"
#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

/// What multiplies: FMLA on fp32 or fp16, SDOT (four int8 products per 32 bit), SMMLA (2x8 times 8x2 int8).
enum class MacInstruction : std::uint8_t { fp32, fp16, dot, i8mm };
std::span<const std::pair<std::string_view, MacInstruction>> enum_names(MacInstruction /*type*/);

/// Multiply-accumulates per cycle of one core by instruction; 0 = the core does not have it.
struct CpuMacRates {
    std::uint32_t fp32 = 0;
    std::uint32_t fp16 = 0;
    std::uint32_t dot = 0;
    std::uint32_t i8mm = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("fp32", fp32, {.doc = "FMLA, MACs per cycle and core", .min = 1, .max = 65536});
        v.field("fp16", fp16, {.doc = "FMLA, MACs per cycle and core; 0 = none", .max = 65536, .fallback = 0});
        v.field("dot", dot, {.doc = "SDOT, MACs per cycle and core; 0 = none", .max = 65536, .fallback = 0});
        v.field("i8mm", i8mm, {.doc = "SMMLA, MACs per cycle and core; 0 = none", .max = 65536, .fallback = 0});
    }
    [[nodiscard]] std::uint32_t operator[](MacInstruction instruction) const;
};

/// The inner loop of a matrix product, as a library ships it.
struct MicroKernelConfig {
    MacInstruction instruction = MacInstruction::fp32;
    std::uint32_t rows = 1;
    std::uint32_t columns = 4;
    bool along_contraction = false;
    std::uint32_t per_group = 0;
    std::uint32_t unpack = 0;
    std::uint32_t loop = 0;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("instruction", instruction, {.doc = "what multiplies"});
        v.field("rows", rows, {.doc = "rows of results held in registers", .min = 1, .max = 64});
        v.field("columns", columns,
                {.doc = "columns of results held in registers of 128 bit; wider registers hold more",
                 .min = 1,
                 .max = 256});
        v.field(
            "along_contraction", along_contraction,
            {.doc = "a register holds parts of the sum of one result (a dot product) instead of results side by side",
             .fallback = false});
        v.field("per_group", per_group,
                {.doc = "SIMD pipe slots per vector of results that fold the scales of a group in: convert, scale, "
                        "multiply-add, reorder",
                 .max = 32,
                 .fallback = 3});
        v.field("unpack", unpack,
                {.doc = "SIMD pipe slots per vector of int8 made of 4-bit weights", .max = 32, .fallback = 1});
        v.field("loop", loop,
                {.doc = "scalar instructions per 32 elements of the contraction: addresses, prefetch, branch",
                 .max = 64,
                 .fallback = 4});
    }
};

/// What a core offers to a micro-kernel.
struct CoreLimits {
    std::uint32_t vector_pipes = 1;
    std::uint32_t vector_bits = 128;
    std::uint32_t load_pipes = 1;
    std::uint32_t issue_width = 4;
    CpuMacRates macs_per_cycle;
    std::uint32_t issue_fill = 100;  ///< percent of SIMD slots that a block fills
    Cycles group_drain;              ///< per block and group: latency from integer to float sums that stays exposed
    Cycles l1_latency;               ///< exposed at the start of every block
    Bytes l1_size;                   ///< data cache: panels that fit stay there
    std::uint32_t l2_rate = 32;      ///< bytes per cycle from L2 to L1
};

/// What one register block does from its first load to its stored results.
struct BlockCount {
    std::uint64_t mac_cycles = 0;  ///< at the instruction's peak rate
    std::uint64_t mac_instructions = 0;
    std::uint64_t simd = 0;   ///< slots of other SIMD instructions: unpacking, scales
    std::uint64_t loads = 0;  ///< vectors loaded or stored
    std::uint64_t scalar = 0;
    std::uint64_t groups = 0;
    std::uint64_t row_bytes = 0;     ///< packed panel of activations
    std::uint64_t column_bytes = 0;  ///< packed panel of weights

    [[nodiscard]] std::uint64_t cycles(const CoreLimits& core) const;
};

/// Vector registers that a block needs: its results, and one column and one row of operands.
std::uint32_t registers_needed(const MicroKernelConfig& kernel, std::uint32_t vector_bits);

/// One block of `kernel` over the contraction of `work`.
BlockCount count_block(const MatmulWork& work, const MicroKernelConfig& kernel, const CoreLimits& core);

/// The micro-kernels of a library for one format: for many rows, for the few left over, for one.
struct MicroKernelSet {
    const MicroKernelConfig& gemm;
    const MicroKernelConfig& edge;
    const MicroKernelConfig& gemv;
};

/// All blocks of a product: whole blocks of `gemm`, and the rows left over with whichever kernels are fastest; never
/// faster than L2 delivers the panels.
Cycles matmul_cycles(const MatmulWork& work, const MicroKernelSet& kernels, const CoreLimits& core);

}  // namespace handset
