// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/cpu_core.h"

#include <algorithm>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

CpuCore::CpuCore(std::string name, const CpuConfig& config) : config_(config), cores_(config.used_cores()) {
    caps_.name = std::move(name);
    caps_.cost = this;
    caps_.stream_rate = config.port.expected_rate;
    caps_.kind = DeviceKind::cpu;
    caps_.buffers = config.buffers;
    caps_.folds_groups = true;
    ensure(!cores_.empty(), caps_.name + ": no core is used");
    describe_formats();
    describe_lanes();
}

void CpuCore::describe_formats() {
    for (std::size_t f = 0; f < kMacFormats; ++f) {
        const KernelChoice* choice = config_.kernels[static_cast<MacFormat>(f)];
        if (choice == nullptr) {
            continue;
        }
        const MicroKernelConfig& kernel = config_.micro_kernels.at(choice->gemm);
        for (const CpuConfig::Core& core : cores_) {
            const CpuClusterConfig& cluster = config_.clusters[core.cluster];
            caps_.macs_per_second[f] += cluster.macs_per_cycle[kernel.instruction] * cluster.clock.count();
        }
        caps_.array_cols = std::max(caps_.array_cols, kernel.columns);
    }
}

void CpuCore::describe_lanes() {
    const MacFormat format = config_.kernels[MacFormat::int8] != nullptr ? MacFormat::int8 : MacFormat::fp32;
    const MacInstruction instruction = config_.micro_kernels.at(config_.kernels[format]->gemm).instruction;
    caps_.lane_speed.clear();
    for (const CpuConfig::Core& core : cores_) {
        const CpuClusterConfig& cluster = config_.clusters[core.cluster];
        const std::uint64_t rate = cluster.clock.count() / 1'000'000 * cluster.macs_per_cycle[instruction];
        caps_.lane_speed.push_back(config_.shares == Shares::equal ? 1 : static_cast<std::uint32_t>(rate));
        const Bytes local{cluster.l2_per_core.count() * config_.tile_share / 100};
        caps_.local_bytes = caps_.local_bytes == Bytes{} ? local : std::min(caps_.local_bytes, local);
    }
    if (config_.partition == Partition::stealing && cores_.size() > 1) {
        caps_.lane_speed.assign(cores_.size() * config_.chunks_per_core, 1);
        caps_.workers = static_cast<std::uint32_t>(cores_.size());
    }
}

const CpuClusterConfig& CpuCore::cluster(std::uint32_t lane) const {
    return config_.clusters[cores_[lane % cores_.size()].cluster];
}

Cycles CpuCore::matrix_cycles(const MatmulWork& work, const CpuClusterConfig& core) const {
    const KernelChoice* choice = config_.kernels[work.format];
    ensure(choice != nullptr, caps_.name + ": no micro-kernel for " + std::string(mac_format_name(work.format)));
    const MicroKernelSet kernels{config_.micro_kernels.at(choice->gemm),
                                 config_.micro_kernels.at(choice->edge.value_or(choice->gemm)),
                                 config_.micro_kernels.at(choice->gemv)};
    return matmul_cycles(work, kernels, core.limits());
}

TileTime CpuCore::tile_time(const Work& work, std::uint32_t lane) const {
    ensure(lane < caps_.lane_speed.size(), caps_.name + ": no lane " + std::to_string(lane));
    const CpuClusterConfig& core = cluster(lane);
    Cycles matrix;
    for (const MatmulWork& matmul : work.matmuls) {
        if (matmul.macs().count() > 0) {
            matrix += matrix_cycles(matmul, core);
        }
    }
    const std::uint64_t instructions = vector_instructions(work, config_.vector_costs, core.vector_bits);
    const std::uint32_t share = config_.free_share(cores_[lane % cores_.size()]);
    const auto time = [&](Cycles cycles) {
        return duration(Cycles{mul_div_ceil(cycles.count(), 100, share)}, core.clock);
    };
    TileTime tile;
    tile.matrix = time(matrix);
    tile.vector = time(Cycles{div_ceil<std::uint64_t>(instructions, core.vector_pipes)});
    tile.overhead = time(config_.tile_overhead + core.l2_latency);
    tile.total = tile.matrix + tile.vector + tile.overhead;
    return tile;
}

Femtojoules CpuCore::tile_energy(const Work& /*work*/, std::uint32_t /*lane*/) const {
    return {};
}

std::uint64_t CpuCore::threads(const TileProgram& program) const {
    std::vector<bool> seen(caps_.lane_speed.size());
    for (const Tile& tile : program.tiles) {
        seen.at(tile.lane) = true;
    }
    const auto lanes = static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), true));
    return std::min<std::uint64_t>(lanes, cores_.size());
}

Femtoseconds CpuCore::launch_time(const TileProgram& program, bool continues) const {
    const std::uint64_t count = threads(program);
    if (continues || count < 2) {  // a single lane runs on the calling thread
        return config_.op_dispatch;
    }
    return config_.op_dispatch + config_.wake + (count - 1) * config_.wake_per_thread;
}

Femtoseconds CpuCore::touch_time(const TileProgram& program, Bytes first_touched) const {
    const std::uint64_t pages = div_ceil(first_touched.count(), kPageSize.count());
    return div_ceil(pages, std::max<std::uint64_t>(threads(program), 1)) * config_.first_touch;
}

Femtoseconds CpuCore::completion_time(const TileProgram& program) const {
    const std::uint64_t count = threads(program);
    return count < 2 ? Femtoseconds{} : config_.barrier + (count - 1) * config_.barrier_per_thread;
}

Microwatts CpuCore::lane_power(std::uint32_t lane) const {
    return cluster(lane).active_power;
}

Bytes CpuCore::lane_outstanding(std::uint32_t lane) const {
    return config_.in_flight(cores_.at(lane));
}

}  // namespace handset
