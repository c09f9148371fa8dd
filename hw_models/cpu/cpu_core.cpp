// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/cpu_core.h"

#include <algorithm>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
    return div_ceil(value, step) * step;
}

/// The SIMD instruction's own block: rows of A, columns of B, elements of the contraction.
struct Block {
    std::uint64_t m = 1;
    std::uint64_t n = 1;
    std::uint64_t k = 1;
};

Block instruction_block(MacFormat format, std::uint32_t vector_bits, bool int8_matrix) {
    switch (format) {
        case MacFormat::fp32:
            return {1, vector_bits / 32, 1};
        case MacFormat::fp16:
        case MacFormat::w8a16:
        case MacFormat::w4a16:
            return {1, vector_bits / 16, 1};
        case MacFormat::int8:
        case MacFormat::int4:
            break;
    }
    // SMMLA: 2x8 times 8x2 per 128 bit. SDOT: four products into each 32-bit lane.
    return int8_matrix ? Block{2, vector_bits / 64, 8} : Block{1, vector_bits / 32, 4};
}

bool on_several_lanes(const TileProgram& program) {
    const auto other = [&](const Tile& tile) { return tile.lane != program.tiles.front().lane; };
    return std::any_of(program.tiles.begin(), program.tiles.end(), other);
}

void check_cluster(const CpuClusterConfig& cluster, const std::string& path, Errors& errors) {
    if (cluster.use > cluster.cores) {
        errors.add(path + ".use",
                   "uses " + std::to_string(cluster.use) + " of " + std::to_string(cluster.cores) + " cores");
    }
    if (cluster.vector_bits % 64 != 0) {
        errors.add(path + ".vector_bits", "must be a multiple of 64");
    }
    if (cluster.macs_per_cycle.fp32 == 0) {
        errors.add(path + ".macs_per_cycle.fp32", "every core computes fp32, needs a rate above 0");
    }
}

}  // namespace

void CpuConfig::check(Errors& errors) const {
    const CpuClusterConfig* first = nullptr;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        const CpuClusterConfig& cluster = clusters[i];
        const std::string path = "clusters[" + std::to_string(i) + "]";
        check_cluster(cluster, path, errors);
        if (cluster.use == 0) {
            continue;
        }
        first = first == nullptr ? &cluster : first;
        for (std::size_t f = 0; f < kMacFormats; ++f) {
            const auto format = static_cast<MacFormat>(f);
            if ((cluster.macs_per_cycle[format] > 0) != (first->macs_per_cycle[format] > 0)) {
                errors.add(path + ".macs_per_cycle",
                           "used clusters must agree on having " + std::string(mac_format_name(format)));
            }
        }
        if (cluster.l2_per_core.count() * tile_share / 100 < 4096) {
            errors.add(path + ".l2_per_core", "tile_share leaves less than 4 KiB for tiles");
        }
    }
    if (first == nullptr) {
        errors.add("clusters", "at least one core must be used");
    }
}

CpuCore::CpuCore(std::string name, const CpuConfig& config) : config_(config) {
    caps_.name = std::move(name);
    caps_.cost = this;
    caps_.stream_rate = config.port.expected_rate;
    caps_.kind = DeviceKind::cpu;
    caps_.lane_speed.clear();
    caps_.buffers = config.buffers;
    for (std::size_t i = 0; i < config_.clusters.size(); ++i) {
        const CpuClusterConfig& cluster = config_.clusters[i];
        if (cluster.use == 0) {
            continue;
        }
        const MacFormat format = cluster.macs_per_cycle.int8 > 0 ? MacFormat::int8 : MacFormat::fp32;
        const std::uint64_t rate = cluster.clock.count() / 1'000'000 * cluster.macs_per_cycle[format];
        caps_.lane_speed.insert(caps_.lane_speed.end(), cluster.use, static_cast<std::uint32_t>(rate));
        cluster_of_lane_.insert(cluster_of_lane_.end(), cluster.use, i);
        for (std::size_t f = 0; f < kMacFormats; ++f) {
            const std::uint64_t macs = cluster.macs_per_cycle[static_cast<MacFormat>(f)];
            caps_.macs_per_second[f] += macs * cluster.use * cluster.clock.count();
        }
        const Bytes local{cluster.l2_per_core.count() * config_.tile_share / 100};
        caps_.local_bytes = caps_.local_bytes == Bytes{} ? local : std::min(caps_.local_bytes, local);
        const Block block = instruction_block(format, cluster.vector_bits, config_.int8_matrix);
        caps_.array_rows = std::max(caps_.array_rows, static_cast<std::uint32_t>(block.k));
        caps_.array_cols = std::max(caps_.array_cols, static_cast<std::uint32_t>(block.n));
    }
    ensure(!caps_.lane_speed.empty(), caps_.name + ": no core is used");
}

const CpuClusterConfig& CpuCore::cluster(std::uint32_t lane) const {
    return config_.clusters[cluster_of_lane_.at(lane)];
}

Macs CpuCore::padded_macs(const MatmulWork& work, std::uint32_t lane) const {
    const Block block = instruction_block(work.format, cluster(lane).vector_bits, config_.int8_matrix);
    return Macs{round_up(work.m, block.m) * round_up(work.n, block.n) * round_up(work.k, block.k) * work.count};
}

TileTime CpuCore::tile_time(const Work& work, std::uint32_t lane) const {
    const CpuClusterConfig& core = cluster(lane);
    const Femtoseconds overhead = duration(config_.tile_overhead + core.l1_latency + core.l2_latency, core.clock);
    Cycles cycles;
    for (const MatmulWork& matmul : work.matmuls) {
        if (matmul.macs().count() == 0) {
            continue;
        }
        const std::uint32_t rate = core.macs_per_cycle[matmul.format];
        ensure(rate > 0, caps_.name + ": no datapath for " + std::string(mac_format_name(matmul.format)));
        cycles += Cycles{mul_div_ceil(padded_macs(matmul, lane).count(), 100,
                                      std::uint64_t{rate} * config_.efficiency[matmul.format])};
    }
    const std::uint64_t instructions = vector_instructions(work, config_.vector_costs, core.vector_bits);
    const Femtoseconds matrix = duration(cycles, core.clock);
    const Femtoseconds vector = duration(Cycles{div_ceil<std::uint64_t>(instructions, core.vector_pipes)}, core.clock);
    return {matrix, vector, overhead, overhead + matrix + vector};
}

Femtojoules CpuCore::tile_energy(const Work& /*work*/, std::uint32_t /*lane*/) const {
    return {};
}

Femtoseconds CpuCore::launch_time(const TileProgram& program, bool continues) const {
    const bool wakes = !continues && on_several_lanes(program);  // a single lane runs on the calling thread
    return config_.op_dispatch + (wakes ? config_.wake : Femtoseconds{});
}

Femtoseconds CpuCore::completion_time(const TileProgram& program) const {
    return on_several_lanes(program) ? config_.barrier : Femtoseconds{};
}

Microwatts CpuCore::lane_power(std::uint32_t lane) const {
    return cluster(lane).active_power;
}

}  // namespace handset
