// SPDX-License-Identifier: Apache-2.0
#include "hw_models/gpu/gpu_core.h"

#include <utility>

#include "sim/base/errors.h"

namespace handset {

void GpuConfig::check(Errors& errors) const {
    if (!macs_per_unit.any()) {
        errors.add("macs_per_unit", "at least one number format needs a rate");
    }
    for (std::size_t f = 0; f < kMacFormats; ++f) {
        const auto format = static_cast<MacFormat>(f);
        if (macs_per_unit[format] > 0 && energy_per_mac[format] == Femtojoules{}) {
            errors.add("energy_per_mac", std::string(mac_format_name(format)) + " has a rate but no energy");
        }
    }
    if (vector_lanes % wave_size != 0 && wave_size % vector_lanes != 0) {
        errors.add("wave_size", "must divide vector_lanes or be a multiple of it");
    }
}

GpuCore::GpuCore(std::string name, const GpuConfig& config) : config_(config) {
    caps_.name = std::move(name);
    caps_.cost = this;
    caps_.stream_rate = config.port.expected_rate;
    caps_.kind = DeviceKind::gpu;
    caps_.lane_speed = {1};
    caps_.buffers = config.buffers;
    caps_.local_bytes = config.compute_units * (config.local_memory + config.register_tiles);
    caps_.array_cols = config.wave_size;
    for (std::size_t f = 0; f < kMacFormats; ++f) {
        const std::uint64_t rate = config.macs_per_unit[static_cast<MacFormat>(f)];
        caps_.macs_per_second[f] = rate * config.compute_units * config.clock.count();
    }
}

Cycles GpuCore::matmul_cycles(const MatmulWork& work) const {
    const std::uint64_t macs = work.macs().count();
    if (macs == 0) {
        return {};
    }
    const std::uint32_t rate = config_.macs_per_unit[work.format];
    ensure(rate > 0, caps_.name + ": no datapath for " + std::string(mac_format_name(work.format)));
    const std::uint64_t wave_macs = std::uint64_t{config_.wave_size} * config_.macs_per_item;
    const std::uint64_t slots = std::uint64_t{config_.compute_units} * config_.resident_waves;
    const std::uint64_t rounds = div_ceil(div_ceil(macs, wave_macs), slots);
    // A compute unit with fewer waves than it needs runs slower in proportion: every round takes the time of a full
    // one.
    const std::uint64_t unit_macs = rounds * config_.resident_waves * wave_macs;
    return Cycles{mul_div_ceil(unit_macs, 100, std::uint64_t{rate} * config_.efficiency[work.format])};
}

TileTime GpuCore::tile_time(const Work& work, std::uint32_t /*lane*/) const {
    Cycles cycles;
    for (const MatmulWork& matmul : work.matmuls) {
        cycles += matmul_cycles(matmul);
    }
    const std::uint64_t waves = vector_instructions(work, config_.vector_costs, config_.wave_size * 32);
    const Cycles lanes{
        mul_div_ceil(waves, config_.wave_size, std::uint64_t{config_.compute_units} * config_.vector_lanes)};
    const Femtoseconds matrix = duration(cycles, config_.clock);
    const Femtoseconds vector = duration(lanes, config_.clock);
    return {matrix, vector, config_.tile_overhead, config_.tile_overhead + matrix + vector};
}

Femtojoules GpuCore::tile_energy(const Work& work, std::uint32_t /*lane*/) const {
    Femtojoules total = vector_element_operations(work, config_.vector_costs) * config_.vector_energy;
    for (const MatmulWork& matmul : work.matmuls) {
        total += matmul.macs().count() * config_.energy_per_mac[matmul.format];
    }
    return total + local_bytes_touched(work).count() * config_.local_energy_per_byte;
}

Femtoseconds GpuCore::launch_time(const TileProgram& /*program*/, bool continues) const {
    return config_.kernel_launch + (continues ? Femtoseconds{} : config_.submit + config_.synchronise);
}

Femtoseconds GpuCore::completion_time(const TileProgram& /*program*/) const {
    return config_.kernel_end;
}

Microwatts GpuCore::lane_power(std::uint32_t /*lane*/) const {
    return {};
}

}  // namespace handset
