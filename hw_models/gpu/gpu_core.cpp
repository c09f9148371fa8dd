// SPDX-License-Identifier: Apache-2.0
#include "hw_models/gpu/gpu_core.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

std::span<const std::pair<std::string_view, OperandPath>> enum_names(OperandPath /*type*/) {
    static constexpr std::array<std::pair<std::string_view, OperandPath>, 2> kNames{
        {{"cache", OperandPath::cache}, {"local", OperandPath::local}}};
    return kNames;
}

std::span<const std::pair<std::string_view, HostWait>> enum_names(HostWait /*type*/) {
    static constexpr std::array<std::pair<std::string_view, HostWait>, 3> kNames{
        {{"finish", HostWait::finish}, {"poll", HostWait::poll}, {"fence", HostWait::fence}}};
    return kNames;
}

namespace {

/// Registers are private to a work item: what one wave needs beyond the file would spill.
void check_registers(const GpuConfig& config, Errors& errors) {
    for (std::size_t f = 0; f < kMacFormats; ++f) {
        const auto format = static_cast<MacFormat>(f);
        for (const auto& [name, tile] : {std::pair{"gemm", &config.gemm}, std::pair{"gemv", &config.gemv}}) {
            const Bytes wave = config.wave_size * item_registers(config, *tile, format) * Bytes{4};
            if (config.macs_per_unit[format] > 0 && wave > config.register_file) {
                errors.add(name, "one " + std::string(mac_format_name(format)) + " wave needs " +
                                     std::to_string(wave.count()) + " B of registers, a compute unit has " +
                                     std::to_string(config.register_file.count()) + " B");
            }
        }
    }
}

}  // namespace

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
    check_registers(*this, errors);
}

GpuCore::GpuCore(std::string name, const GpuConfig& config) : config_(config) {
    caps_.name = std::move(name);
    caps_.cost = this;
    caps_.stream_rate = config.port.expected_rate;
    caps_.kind = DeviceKind::gpu;
    caps_.lane_speed = {1};
    caps_.buffers = config.buffers;
    caps_.local_bytes = config.compute_units * config.local_memory + config.cache_tiles;
    caps_.array_cols = config.wave_size;
    for (std::size_t f = 0; f < kMacFormats; ++f) {
        const std::uint64_t rate = config.macs_per_unit[static_cast<MacFormat>(f)];
        caps_.macs_per_second[f] = rate * config.compute_units * config.clock.count();
    }
}

Cycles GpuCore::matmul_cycles(const MatmulWork& work) const {
    return matrix(work).longest();
}

MatrixCycles GpuCore::matrix(const MatmulWork& work) const {
    ensure(work.macs().count() == 0 || config_.macs_per_unit[work.format] > 0,
           caps_.name + ": no datapath for " + std::string(mac_format_name(work.format)));
    return matrix_cycles(config_, work);
}

TileTime GpuCore::tile_time(const Work& work, std::uint32_t /*lane*/) const {
    const std::uint64_t instructions = vector_instructions(work, config_.vector_costs, config_.wave_size * 32);
    const Cycles vector{
        mul_div_ceil(instructions, config_.wave_size, std::uint64_t{config_.compute_units} * config_.vector_lanes)};
    Cycles matrix_alone;
    MatrixCycles sum;
    std::uint32_t resident = config_.max_waves;
    for (const MatmulWork& matmul : work.matmuls) {
        const MatrixCycles cycles = matrix(matmul);
        matrix_alone += cycles.longest();
        sum.arithmetic += cycles.arithmetic;
        sum.delivery += cycles.delivery;
        sum.latency += cycles.latency;
        if (matmul.macs().count() > 0) {
            resident = std::min(resident, cycles.resident);
        }
    }
    // Vector instructions take issue slots from the MACs and lengthen each wave's turn, but operands arrive meanwhile.
    sum.arithmetic += vector;
    sum.latency += Cycles{div_ceil(vector.count(), std::uint64_t{resident})};
    return {duration(matrix_alone, config_.clock), duration(vector, config_.clock), config_.tile_overhead,
            config_.tile_overhead + duration(sum.longest(), config_.clock)};
}

Femtojoules GpuCore::tile_energy(const Work& work, std::uint32_t /*lane*/) const {
    Femtojoules total = vector_element_operations(work, config_.vector_costs) * config_.vector_energy;
    for (const MatmulWork& matmul : work.matmuls) {
        total += matmul.macs().count() * config_.energy_per_mac[matmul.format];
    }
    return total + local_bytes_touched(work).count() * config_.local_energy_per_byte;
}

Femtoseconds GpuCore::launch_time(const TileProgram& /*program*/, bool continues) const {
    if (!continues) {
        return config_.kernel_launch + config_.submit + config_.synchronise.time();
    }
    const std::uint64_t batch = config_.batch;
    return config_.kernel_launch +
           (batch == 0 ? Femtoseconds{} : Femtoseconds{div_ceil(config_.submit.count(), batch)});
}

Femtoseconds GpuCore::completion_time(const TileProgram& /*program*/) const {
    return config_.kernel_end;
}

Microwatts GpuCore::lane_power(std::uint32_t /*lane*/) const {
    return {};
}

}  // namespace handset
