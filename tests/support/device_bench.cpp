// SPDX-License-Identifier: Apache-2.0
#include "tests/support/device_bench.h"

#include <algorithm>

#include "sim/base/errors.h"

namespace handset {

std::vector<Shape> AddOneKernel::infer_shapes(const OpNode& op) const {
    return {op.inputs.front().shape};
}

TileProgram AddOneKernel::lower(const OpNode& op, const DeviceCaps& caps) const {
    TileProgram program;
    const std::uint64_t total = op.inputs.front().bytes().count();
    const std::uint64_t slot = caps.local_bytes.count() / caps.buffers;
    for (std::uint64_t offset = 0; offset < total; offset += slot) {
        const std::uint64_t index = program.tiles.size();
        Tile& tile = add_tile(program, 0, static_cast<std::uint32_t>(op.inputs.size()), offset,
                              std::min(slot, total - offset), index % caps.buffers * slot);
        tile.loads_after = index < caps.buffers ? kNone : static_cast<std::uint32_t>(index - caps.buffers);
    }
    return program;
}

void AddOneKernel::compute(const OpNode& /*op*/, const Tile& tile, std::span<std::byte> local) const {
    for (std::uint32_t i = 0; i < tile.region[0]; ++i) {
        local[tile.local[1] + i] = std::byte(std::to_integer<unsigned>(local[tile.local[0] + i]) + 1);
    }
}

Tile& add_tile(TileProgram& program, std::uint32_t from, std::uint32_t to, std::uint64_t offset, std::uint64_t size,
               std::uint64_t slot) {
    Tile tile;
    tile.first_load = static_cast<std::uint32_t>(program.transfers.size());
    tile.loads = 1;
    tile.first_store = tile.first_load + 1;
    tile.stores = 1;
    tile.region[0] = static_cast<std::uint32_t>(size);
    tile.local[0] = slot;
    tile.local[1] = slot;
    Transfer transfer{.operand = from, .row_bytes = size, .row_stride = size, .offset = offset, .local = slot};
    program.transfers.push_back(transfer);
    transfer.operand = to;
    program.transfers.push_back(transfer);
    program.local_bytes = std::max(program.local_bytes, Bytes{slot + size});
    program.tiles.push_back(tile);
    return program.tiles.back();
}

DeviceBench::DeviceBench(const char* name, const Maker& make, Femtoseconds latency, BytesPerSecond bandwidth, bool data)
    : memory((std::string(name) + "_memory").c_str(), Bytes{3 * kOperandStride}, latency, bandwidth), name_(name) {
    component_ = make(name, {.counters = counters, .timeline = &timeline, .initiator = InitiatorId{0}, .data = data});
    component_->downstream()->socket.bind(memory.port.socket);
    op.id = OpId{7};
    op.name = "test op";
    op.kernel = "add_one";
    op.inputs.resize(2);
    op.outputs.resize(1);
    device().on_complete([this](OpId id, const ProgramUsage& usage) {
        ensure(id == op.id, "completion of another op");
        finished_.push_back({simulated_now(), usage});
    });
}

DeviceBench::Run DeviceBench::run(const TileProgram& program, bool continues) {
    const Femtoseconds begin = simulated_now();
    const std::size_t before = finished_.size();
    device().start({.op = &op,
                    .kernel = &kernel_,
                    .program = std::make_shared<const TileProgram>(program),
                    .operand_base = bases,
                    .continues = continues,
                    .pages = pages,
                    .first_touched = first_touched});
    sc_core::sc_start();
    ensure(finished_.size() == before + 1, "the program did not complete exactly once");
    return {finished_.back().completed - begin, finished_.back().usage};
}

std::uint64_t DeviceBench::counter(const std::string& name) const {
    return counter_value(counters.snapshot(), name_ + "." + name);
}

std::span<std::byte> DeviceBench::operand(std::uint32_t operand) {
    return std::span(memory.bytes).subspan(operand * kOperandStride, kOperandStride);
}

}  // namespace handset
