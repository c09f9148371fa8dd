// SPDX-License-Identifier: Apache-2.0
#include "hw_models/common/rates.h"

#include <array>

namespace handset {

namespace {

template <class T, class Table>
T by_format(const Table& table, MacFormat format) {
    switch (format) {
        case MacFormat::fp32:
            return table.fp32;
        case MacFormat::fp16:
            return table.fp16;
        case MacFormat::int8:
            return table.int8;
        case MacFormat::int4:
            return table.int4;
        case MacFormat::w8a16:
            return table.w8a16;
        case MacFormat::w4a16:
            return table.w4a16;
    }
    return {};
}

}  // namespace

std::uint32_t MacRates::operator[](MacFormat format) const {
    return by_format<std::uint32_t>(*this, format);
}

Femtojoules MacEnergies::operator[](MacFormat format) const {
    return by_format<Femtojoules>(*this, format);
}

std::uint32_t VectorOpCosts::operator[](VectorOp op) const {
    const std::array<std::uint32_t, kVectorOps> costs{move,   add,      mul,        exp,    divide, rsqrt,
                                                      reduce, quantise, dequantise, rotate, gather};
    return costs.at(static_cast<std::size_t>(op));
}

const VectorOpCosts& VectorCosts::operator[](ElementFormat format) const {
    const std::optional<VectorOpCosts>& own = format == ElementFormat::fp16 ? fp16 : int8;
    return format != ElementFormat::fp32 && own.has_value() ? *own : fp32;
}

std::uint64_t vector_instructions(const Work& work, const VectorCosts& costs, std::uint32_t vector_bits) {
    std::uint64_t total = 0;
    for (std::size_t f = 0; f < kElementFormats; ++f) {
        const auto format = static_cast<ElementFormat>(f);
        const std::uint32_t per_vector = vector_bits / element_bits(format);
        for (std::size_t i = 0; i < kVectorOps; ++i) {
            const auto vectors = div_ceil<std::uint64_t>(work.elements[i][f], per_vector);
            total += vectors * costs[format][static_cast<VectorOp>(i)];
        }
    }
    return total;
}

std::uint64_t vector_element_operations(const Work& work, const VectorCosts& costs) {
    std::uint64_t total = 0;
    for (std::size_t f = 0; f < kElementFormats; ++f) {
        for (std::size_t i = 0; i < kVectorOps; ++i) {
            total += work.elements[i][f] * costs[static_cast<ElementFormat>(f)][static_cast<VectorOp>(i)];
        }
    }
    return total;
}

MacBits mac_bits(MacFormat format) {
    static constexpr std::array<MacBits, kMacFormats> kBits{{{32, 32}, {16, 16}, {8, 8}, {8, 4}, {16, 8}, {16, 4}}};
    return kBits.at(static_cast<std::size_t>(format));
}

Bytes vector_bytes(const Work& work) {
    std::uint64_t bytes = 0;
    for (const auto& formats : work.elements) {
        for (std::size_t f = 0; f < kElementFormats; ++f) {
            bytes += 2 * formats[f] * element_bits(static_cast<ElementFormat>(f)) / 8;
        }
    }
    return Bytes{bytes};
}

Bytes local_bytes_touched(const Work& work) {
    std::uint64_t bytes = 0;
    for (const MatmulWork& matmul : work.matmuls) {
        const MacBits bits = mac_bits(matmul.format);
        const std::uint64_t operands =
            (std::uint64_t{matmul.m} * matmul.k * bits.activation + std::uint64_t{matmul.k} * matmul.n * bits.weight) *
            matmul.count;
        const std::uint64_t results = std::uint64_t{matmul.m} * matmul.n * matmul.count;
        if (matmul.macs().count() > 0) {
            bytes += div_ceil<std::uint64_t>(operands, 8) + 4 * results;
        }
    }
    return Bytes{bytes} + vector_bytes(work);
}

}  // namespace handset
