// SPDX-License-Identifier: Apache-2.0
#include "sim/ir/tile_program.h"

#include <string_view>

#include "sim/base/errors.h"
#include "sim/ir/device_caps.h"

namespace handset {

std::string_view device_kind_name(DeviceKind kind) {
    static constexpr std::array<std::string_view, 4> kNames{"cpu", "gpu", "npu", "storage"};
    return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view vector_op_name(VectorOp op) {
    static constexpr std::array<std::string_view, kVectorOps> kNames{
        "move", "add", "mul", "exp", "divide", "rsqrt", "reduce", "quantise", "dequantise", "rotate", "gather"};
    return kNames.at(static_cast<std::size_t>(op));
}

std::span<const std::pair<std::string_view, TransferPath>> enum_names(TransferPath /*type*/) {
    static constexpr std::array<std::pair<std::string_view, TransferPath>, kTransferPaths> kNames{
        {{"dma", TransferPath::dma}, {"prefetch", TransferPath::prefetch}, {"load", TransferPath::load}}};
    return kNames;
}

Bytes TileProgram::bytes_loaded() const {
    Bytes total;
    for (const Tile& tile : tiles) {
        for (std::uint32_t i = 0; i < tile.loads; ++i) {
            total += transfers[tile.first_load + i].bytes();
        }
    }
    return total;
}

Bytes TileProgram::bytes_stored() const {
    Bytes total;
    for (const Tile& tile : tiles) {
        for (std::uint32_t i = 0; i < tile.stores; ++i) {
            total += transfers[tile.first_store + i].bytes();
        }
    }
    return total;
}

Macs TileProgram::macs() const {
    Macs total;
    for (const Tile& tile : tiles) {
        total += tile.work.macs();
    }
    return total;
}

std::uint64_t TileProgram::vector_elements() const {
    std::uint64_t total = 0;
    for (const Tile& tile : tiles) {
        total += tile.work.vector_elements();
    }
    return total;
}

std::string to_text(const TileProgram& program) {
    std::string out = program.kernel + ": " + std::to_string(program.tiles.size()) + " tiles, " +
                      std::to_string(program.local_bytes.count()) + " B local\n";
    for (std::size_t i = 0; i < program.tiles.size(); ++i) {
        const Tile& tile = program.tiles[i];
        out += "  " + std::to_string(i) + " lane " + std::to_string(tile.lane) + " loads " +
               std::to_string(tile.loads) + " macs " + std::to_string(tile.work.macs().count()) + " stores " +
               std::to_string(tile.stores);
        if (tile.loads_after != kNone) {
            out += " after " + std::to_string(tile.loads_after);
        }
        out += tile.barrier ? " barrier\n" : "\n";
    }
    return out;
}

namespace {

void validate_transfers(const TileProgram& program, std::uint32_t first, std::uint32_t count, std::size_t operands) {
    ensure(std::uint64_t{first} + count <= program.transfers.size(), "tile names transfers that do not exist");
    for (std::uint32_t i = 0; i < count; ++i) {
        const Transfer& transfer = program.transfers[first + i];
        ensure(transfer.operand < operands, "transfer of an operand that does not exist");
        ensure(transfer.local + transfer.bytes().count() <= program.local_bytes.count(),
               program.kernel + ": transfer outside the local store");
        ensure(transfer.bytes().count() > 0, program.kernel + ": empty transfer");
    }
}

}  // namespace

void validate(const TileProgram& program, std::size_t operands, std::size_t lanes) {
    ensure(!program.tiles.empty(), program.kernel + ": a program needs at least one tile");
    operands += program.scratch > Bytes{} ? 1 : 0;
    for (std::size_t i = 0; i < program.tiles.size(); ++i) {
        const Tile& tile = program.tiles[i];
        ensure(tile.lane < lanes, program.kernel + ": tile on a lane that does not exist");
        ensure(tile.loads_after == kNone || tile.loads_after < i, program.kernel + ": tile waits for a later tile");
        validate_transfers(program, tile.first_load, tile.loads, operands);
        validate_transfers(program, tile.first_store, tile.stores, operands);
    }
}

}  // namespace handset
