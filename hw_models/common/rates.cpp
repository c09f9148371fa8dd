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

std::uint32_t MacEfficiencies::operator[](MacFormat format) const {
    return by_format<std::uint32_t>(*this, format);
}

std::uint32_t VectorCosts::operator[](VectorOp op) const {
    const std::array<std::uint32_t, kVectorOps> costs{move, add, mul, exp, divide, reduce, convert, rotate};
    return costs.at(static_cast<std::size_t>(op));
}

std::uint64_t vector_instructions(const Work& work, const VectorCosts& costs, std::uint32_t elements_per_vector) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kVectorOps; ++i) {
        const auto vectors = div_ceil<std::uint64_t>(work.elements[i], elements_per_vector);
        total += vectors * costs[static_cast<VectorOp>(i)];
    }
    return total;
}

std::uint64_t vector_element_operations(const Work& work, const VectorCosts& costs) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kVectorOps; ++i) {
        total += work.elements[i] * costs[static_cast<VectorOp>(i)];
    }
    return total;
}

std::uint32_t mac_operand_bits(MacFormat format) {
    static constexpr std::array<std::uint32_t, kMacFormats> kBits{32, 16, 8, 4};
    return kBits.at(static_cast<std::size_t>(format));
}

Bytes local_bytes_touched(const Work& work) {
    std::uint64_t bytes = 0;
    for (const MatmulWork& matmul : work.matmuls) {
        const std::uint64_t operands =
            (std::uint64_t{matmul.m} * matmul.k + std::uint64_t{matmul.k} * matmul.n) * matmul.count;
        const std::uint64_t results = std::uint64_t{matmul.m} * matmul.n * matmul.count;
        if (matmul.macs().count() > 0) {
            bytes += div_ceil<std::uint64_t>(operands * mac_operand_bits(matmul.format), 8) + 4 * results;
        }
    }
    for (const std::uint64_t elements : work.elements) {
        bytes += 8 * elements;
    }
    return Bytes{bytes};
}

}  // namespace handset
