// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "sim/base/errors.h"
#include "sim/ir/kernel.h"

namespace handset {

std::string lowering_name(const OpNode& op, DeviceKind kind) {
    return op.attrs.text("lowering." + std::string(device_kind_name(kind)), "auto");
}

namespace {

enum class Direction { load, store };

void move_rows(const Transfer& transfer, const OpNode& op, std::span<std::byte> operand, std::span<std::byte> local,
               Direction direction) {
    std::uint64_t offset = transfer.offset;
    if (transfer.gather != kNone) {
        offset += op.gather.at(transfer.gather) * transfer.row_stride;
    }
    for (std::uint32_t row = 0; row < transfer.rows; ++row) {
        const std::uint64_t at = offset + row * transfer.row_stride;
        ensure(at + transfer.row_bytes <= operand.size(), op.kernel + ": transfer outside its operand");
        std::byte* memory = operand.data() + at;
        std::byte* slot = local.data() + transfer.local + row * transfer.row_bytes;
        std::memcpy(direction == Direction::load ? slot : memory, direction == Direction::load ? memory : slot,
                    transfer.row_bytes);
    }
}

}  // namespace

void interpret(const Kernel& kernel, const OpNode& op, const TileProgram& program,
               std::span<const std::span<std::byte>> operands) {
    std::uint32_t lanes = 0;
    for (const Tile& tile : program.tiles) {
        lanes = std::max(lanes, tile.lane + 1);
    }
    validate(program, operands.size(), lanes);
    std::vector<std::byte> scratch(program.scratch.count());
    std::vector<std::span<std::byte>> memory(operands.begin(), operands.end());
    memory.emplace_back(scratch);
    std::vector<std::vector<std::byte>> local(lanes, std::vector<std::byte>(program.local_bytes.count()));
    for (const Tile& tile : program.tiles) {
        std::vector<std::byte>& store = local[tile.lane];
        for (std::uint32_t i = 0; i < tile.loads; ++i) {
            const Transfer& transfer = program.transfers[tile.first_load + i];
            move_rows(transfer, op, memory[transfer.operand], store, Direction::load);
        }
        kernel.compute(op, tile, store);
        for (std::uint32_t i = 0; i < tile.stores; ++i) {
            const Transfer& transfer = program.transfers[tile.first_store + i];
            move_rows(transfer, op, memory[transfer.operand], store, Direction::store);
        }
    }
}

}  // namespace handset
