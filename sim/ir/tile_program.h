// SPDX-License-Identifier: Apache-2.0
// What a device executes: a sequence of tiles {loads, compute, stores} with exact bytes and MACs. Data only, printable,
// comparable; addresses are relative to the operands, so one program serves every op of equal signature.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/quantity.h"
#include "sim/ir/number_format.h"

namespace handset {

inline constexpr std::size_t kMaxOperands = 8;
inline constexpr std::uint32_t kNone = UINT32_MAX;

/// How bytes come into the local store: by a DMA descriptor, through the cache of the device after a prefetch, or by
/// loads of its own instructions. Stores go by DMA.
enum class TransferPath : std::uint8_t { dma, prefetch, load };
inline constexpr std::size_t kTransferPaths = 3;
std::span<const std::pair<std::string_view, TransferPath>> enum_names(TransferPath);

/// A (possibly strided) block between an operand and the lane's local store, packed row after row there.
/// Operands are numbered inputs first, then outputs.
struct Transfer {
    std::uint32_t operand = 0;
    std::uint32_t rows = 1;
    std::uint64_t row_bytes = 0;
    std::uint64_t row_stride = 0;  ///< distance of rows in the operand; == row_bytes: one contiguous block
    std::uint64_t offset = 0;      ///< of the first row from the start of the operand view
    std::uint64_t local = 0;       ///< offset in the local store
    std::uint32_t gather = kNone;  ///< >= 0: adds OpNode::gather[gather] * row_stride to `offset`
    TransferPath path = TransferPath::dma;

    [[nodiscard]] Bytes bytes() const { return Bytes{rows * row_bytes}; }
    friend bool operator==(const Transfer&, const Transfer&) = default;
};

/// `count` independent products [m,k] x [k,n].
struct MatmulWork {
    std::uint32_t m = 0;
    std::uint32_t n = 0;
    std::uint32_t k = 0;
    std::uint32_t count = 1;
    MacFormat format = MacFormat::fp32;
    /// Elements of k that share scales, where the device's inner loop folds them in (DeviceCaps::folds_groups); 0: the
    /// scales are vector work or one per row.
    std::uint32_t group = 0;

    [[nodiscard]] Macs macs() const { return Macs{std::uint64_t{m} * n * k * count}; }
    friend bool operator==(const MatmulWork&, const MatmulWork&) = default;
};

/// Operations of vector work that cost differently on real units.
enum class VectorOp : std::uint8_t { move, add, mul, exp, divide, rsqrt, reduce, quantise, dequantise, rotate, gather };
inline constexpr std::size_t kVectorOps = 11;
std::string_view vector_op_name(VectorOp op);

/// What vector registers hold.
enum class ElementFormat : std::uint8_t { fp32, fp16, int8 };
inline constexpr std::size_t kElementFormats = 3;
constexpr std::uint32_t element_bits(ElementFormat format) {
    return format == ElementFormat::fp32 ? 32 : (format == ElementFormat::fp16 ? 16 : 8);
}

/// What the compute unit does for one tile: the input of every device's timing core.
struct Work {
    std::array<MatmulWork, 2> matmuls{};
    std::array<std::array<std::uint64_t, kElementFormats>, kVectorOps> elements{};  ///< by VectorOp and ElementFormat

    Work& add(VectorOp op, std::uint64_t count, ElementFormat format = ElementFormat::fp32) {
        elements[static_cast<std::size_t>(op)][static_cast<std::size_t>(format)] += count;
        return *this;
    }
    /// In all formats together.
    [[nodiscard]] std::uint64_t count(VectorOp op) const {
        const auto& formats = elements[static_cast<std::size_t>(op)];
        return formats[0] + formats[1] + formats[2];
    }
    [[nodiscard]] std::uint64_t vector_elements() const {
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < kVectorOps; ++i) {
            total += count(static_cast<VectorOp>(i));
        }
        return total;
    }
    [[nodiscard]] Macs macs() const { return matmuls[0].macs() + matmuls[1].macs(); }
    friend bool operator==(const Work&, const Work&) = default;
};

/// One step of one lane. Computes of a lane run in tile order; loads of tile t start when tile `loads_after` has
/// completed (its stores included) and, with `barrier`, when all earlier tiles of the program have.
struct Tile {
    std::uint32_t first_load = 0;
    std::uint32_t loads = 0;
    std::uint32_t first_store = 0;
    std::uint32_t stores = 0;
    std::uint32_t lane = 0;
    std::uint32_t loads_after = kNone;  ///< index of the tile whose local slots this tile overwrites
    bool barrier = false;
    /// Which part of the result this is; the meaning belongs to the kernel (usually rows, columns, contraction).
    std::array<std::uint32_t, 6> region{};
    /// Where each operand's part lies in the local store; entries past the operands are scratch of the kernel.
    std::array<std::uint64_t, kMaxOperands> local{};
    Work work;

    friend bool operator==(const Tile&, const Tile&) = default;
};

struct TileProgram {
    std::string kernel;
    std::string mapping;  ///< how the op was cut, for people: "resident weights, 64 x 128 x 2048"
    std::vector<Transfer> transfers;
    std::vector<Tile> tiles;
    Bytes local_bytes;  ///< local store that one lane needs
    Bytes scratch;      ///< memory beside the operands while the program runs: the operand after the last output

    [[nodiscard]] Bytes bytes_loaded() const;
    [[nodiscard]] Bytes bytes_stored() const;
    [[nodiscard]] Macs macs() const;
    /// Sum of all tiles' work elements by VectorOp.
    [[nodiscard]] std::uint64_t vector_elements() const;
    friend bool operator==(const TileProgram&, const TileProgram&) = default;
};

/// One line per tile, for people.
std::string to_text(const TileProgram& program);

/// Checks the program's own laws (ranges, lanes, slots inside local_bytes); throws ModelError. `operands` are those of
/// the op, its scratch not counted.
void validate(const TileProgram& program, std::size_t operands, std::size_t lanes);

}  // namespace handset
