// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/micro_kernel.h"

#include <algorithm>
#include <array>

namespace handset {

namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
    return div_ceil(value, step) * step;
}

// Slots that add up the parts of a sum in one register: two pairwise additions and a move.
constexpr std::uint64_t kAcrossRegister = 3;

/// Rows of A, columns of B and elements of the contraction that one instruction takes.
struct InstructionBlock {
    std::uint64_t m = 1;
    std::uint64_t n = 1;
    std::uint64_t k = 1;

    [[nodiscard]] std::uint64_t macs() const { return m * n * k; }
};

InstructionBlock instruction_block(const MicroKernelConfig& kernel, std::uint64_t vector_bits) {
    if (kernel.along_contraction) {
        const std::uint64_t bits = kernel.instruction == MacInstruction::fp32   ? 32
                                   : kernel.instruction == MacInstruction::fp16 ? 16
                                                                                : 8;
        return {1, 1, vector_bits / bits};
    }
    switch (kernel.instruction) {
        case MacInstruction::fp32:
            return {1, vector_bits / 32, 1};
        case MacInstruction::fp16:
            return {1, vector_bits / 16, 1};
        case MacInstruction::dot:
            return {1, vector_bits / 32, 4};
        case MacInstruction::i8mm:
            return {2, vector_bits / 64, 8};
    }
    return {};
}

/// Results of one register: fp16 sums are half as wide.
std::uint64_t results_per_vector(MacInstruction instruction, std::uint64_t vector_bits) {
    return vector_bits / (instruction == MacInstruction::fp16 ? 16 : 32);
}

struct BlockShape {
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    std::uint64_t sums = 0;  ///< registers of results
};

BlockShape shape_of(const MicroKernelConfig& kernel, std::uint64_t vector_bits) {
    if (kernel.along_contraction) {
        return {kernel.rows, kernel.columns, std::uint64_t{kernel.rows} * kernel.columns};
    }
    const InstructionBlock step = instruction_block(kernel, vector_bits);
    BlockShape shape;
    shape.rows = round_up(kernel.rows, step.m);
    shape.columns = round_up(std::max<std::uint64_t>(kernel.columns * vector_bits / 128, 1), step.n);
    shape.sums = div_ceil(shape.rows * shape.columns, results_per_vector(kernel.instruction, vector_bits));
    return shape;
}

/// Bytes that the blocks of a product take from L2: a panel of weights serves all rows while it stays in L1.
std::uint64_t delivered(const BlockCount& block, std::uint64_t panels, std::uint64_t row_blocks, Bytes l1_size) {
    const std::uint64_t l1 = l1_size.count();
    const std::uint64_t rows = row_blocks * block.row_bytes;
    if (rows + block.column_bytes <= l1) {
        return rows + panels * block.column_bytes;
    }
    if (block.row_bytes + block.column_bytes <= l1) {
        return panels * (rows + block.column_bytes);
    }
    return panels * row_blocks * (block.row_bytes + block.column_bytes);
}

std::uint64_t blocks_cycles(const BlockCount& block, std::uint64_t panels, std::uint64_t row_blocks,
                            const CoreLimits& core) {
    const std::uint64_t delivery = div_ceil<std::uint64_t>(delivered(block, panels, row_blocks, core.l1_size),
                                                           std::max<std::uint32_t>(core.l2_rate, 1));
    return std::max(panels * row_blocks * block.cycles(core), delivery);
}

}  // namespace

std::span<const std::pair<std::string_view, MacInstruction>> enum_names(MacInstruction /*type*/) {
    static constexpr std::array<std::pair<std::string_view, MacInstruction>, 4> kNames{
        {{"fp32", MacInstruction::fp32},
         {"fp16", MacInstruction::fp16},
         {"dot", MacInstruction::dot},
         {"i8mm", MacInstruction::i8mm}}};
    return kNames;
}

std::uint32_t CpuMacRates::operator[](MacInstruction instruction) const {
    const std::array<std::uint32_t, 4> rates{fp32, fp16, dot, i8mm};
    return rates.at(static_cast<std::size_t>(instruction));
}

std::uint64_t BlockCount::cycles(const CoreLimits& core) const {
    const std::uint64_t slots = mac_cycles + div_ceil<std::uint64_t>(simd, core.vector_pipes);
    const std::uint64_t pipes = div_ceil<std::uint64_t>(slots * 100, core.issue_fill);
    const std::uint64_t memory = div_ceil<std::uint64_t>(loads, core.load_pipes);
    const std::uint64_t issue = div_ceil<std::uint64_t>(mac_instructions + simd + loads + scalar, core.issue_width);
    return std::max({pipes, memory, issue}) + groups * core.group_drain.count() + core.l1_latency.count();
}

std::uint32_t registers_needed(const MicroKernelConfig& kernel, std::uint32_t vector_bits) {
    return static_cast<std::uint32_t>(shape_of(kernel, vector_bits).sums + 2);
}

BlockCount count_block(const MatmulWork& work, const MicroKernelConfig& kernel, const CoreLimits& core) {
    const InstructionBlock step = instruction_block(kernel, core.vector_bits);
    const BlockShape shape = shape_of(kernel, core.vector_bits);
    const std::uint64_t k = round_up(work.k, step.k);
    const std::uint64_t macs = shape.rows * shape.columns * k;
    const MacBits bits = mac_bits(work.format);
    const std::uint64_t vector_bytes = core.vector_bits / 8;
    BlockCount block;
    block.mac_cycles = div_ceil<std::uint64_t>(macs, core.macs_per_cycle[kernel.instruction]);
    block.mac_instructions = macs / step.macs();
    block.groups = work.group == 0 ? 0 : div_ceil<std::uint64_t>(work.k, work.group);
    block.row_bytes = shape.rows * k * bits.activation / 8;
    block.column_bytes = div_ceil<std::uint64_t>(shape.columns * k * bits.weight, 8);
    if (bits.weight < bits.activation) {
        block.simd += kernel.unpack * div_ceil(shape.columns * k * bits.activation / 8, vector_bytes);
    }
    block.simd += block.groups * shape.sums * kernel.per_group;
    block.simd += kernel.along_contraction ? shape.sums * kAcrossRegister : 0;
    // Beside the operands: two vectors of scales per group, and the results at the end.
    block.loads = div_ceil(block.row_bytes, vector_bytes) + div_ceil(block.column_bytes, vector_bytes) +
                  2 * block.groups + shape.sums;
    block.scalar = kernel.loop * div_ceil<std::uint64_t>(k, 32);
    return block;
}

Cycles matmul_cycles(const MatmulWork& work, const MicroKernelSet& kernels, const CoreLimits& core) {
    if (work.macs().count() == 0) {
        return {};
    }
    const auto time = [&](const MicroKernelConfig& kernel, std::uint64_t rows) {
        if (rows == 0) {
            return std::uint64_t{0};
        }
        const BlockShape shape = shape_of(kernel, core.vector_bits);
        const std::uint64_t row_blocks = div_ceil<std::uint64_t>(rows, kernel.rows);
        return blocks_cycles(count_block(work, kernel, core), div_ceil<std::uint64_t>(work.n, shape.columns),
                             row_blocks, core);
    };
    const std::uint64_t left = work.m % kernels.gemm.rows;
    const std::uint64_t rest = left % kernels.edge.rows;
    const std::uint64_t cycles = time(kernels.gemm, work.m - left) +
                                 std::min({time(kernels.gemm, left), time(kernels.edge, left), time(kernels.gemv, left),
                                           time(kernels.edge, left - rest) + time(kernels.gemv, rest)});
    return Cycles{cycles * work.count};
}

}  // namespace handset
