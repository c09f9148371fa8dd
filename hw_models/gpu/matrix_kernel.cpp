// SPDX-License-Identifier: Apache-2.0
#include "hw_models/gpu/matrix_kernel.h"

#include <algorithm>

namespace handset {

namespace {

constexpr std::uint32_t kRegisterBits = 32;

std::uint32_t result_bits(MacFormat format) {
    const bool half = format == MacFormat::fp16 || format == MacFormat::w8a16 || format == MacFormat::w4a16;
    return half ? 16 : 32;
}

std::uint64_t macs_per_step(const RegisterTile& tile) {
    return std::uint64_t{tile.rows} * tile.columns * tile.depth;
}

}  // namespace

Cycles MatrixCycles::longest() const {
    return std::max({arithmetic, delivery, latency});
}

RegisterTile register_tile(const GpuConfig& config, std::uint32_t m) {
    if (m > config.gemv.rows) {
        return config.gemm;
    }
    return {std::max(m, 1U), config.gemv.columns, config.gemv.depth};
}

std::uint32_t item_registers(const GpuConfig& config, const RegisterTile& tile, MacFormat format) {
    const MacBits bits = mac_bits(format);
    const std::uint32_t results = tile.rows * tile.columns * result_bits(format);
    const std::uint32_t operands = (tile.rows * bits.activation + tile.columns * bits.weight) * tile.depth;
    return config.base_registers + div_ceil(results, kRegisterBits) + div_ceil(operands, kRegisterBits);
}

std::uint32_t resident_waves(const GpuConfig& config, const RegisterTile& tile, MacFormat format) {
    const std::uint64_t wave_bytes =
        std::uint64_t{config.wave_size} * item_registers(config, tile, format) * (kRegisterBits / 8);
    const std::uint64_t fit = config.register_file.count() / std::max<std::uint64_t>(wave_bytes, 1);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(fit, 1, config.max_waves));
}

Bytes step_bytes(const RegisterTile& tile, MacFormat format) {
    const MacBits bits = mac_bits(format);
    const std::uint64_t operands =
        std::uint64_t{tile.rows} * bits.activation + std::uint64_t{tile.columns} * bits.weight;
    return Bytes{div_ceil<std::uint64_t>(operands * tile.depth, 8)};
}

MatrixCycles matrix_cycles(const GpuConfig& config, const MatmulWork& work) {
    if (work.macs().count() == 0) {
        return {};
    }
    const RegisterTile tile = register_tile(config, work.m);
    const std::uint64_t items = div_ceil<std::uint64_t>(work.m, tile.rows) * div_ceil(work.n, tile.columns) *
                                div_ceil(work.k, tile.depth) * work.count;
    const std::uint64_t steps = div_ceil(div_ceil<std::uint64_t>(items, config.wave_size),
                                         std::uint64_t{config.compute_units});  // of waves, per unit
    const std::uint64_t step_macs = macs_per_step(tile) * config.wave_size;
    const std::uint64_t wave_bytes = step_bytes(tile, work.format).count() * config.wave_size;
    const std::uint64_t rate = config.macs_per_unit[work.format];
    const Bytes bandwidth = config.operands == OperandPath::cache ? config.cache_bandwidth : config.local_bandwidth;
    MatrixCycles cycles;
    cycles.resident = resident_waves(config, tile, work.format);
    cycles.arithmetic = Cycles{mul_div_ceil(steps, step_macs, rate)};
    cycles.delivery = Cycles{mul_div_ceil(steps, wave_bytes, bandwidth.count())};
    const std::uint64_t in_turn = div_ceil<std::uint64_t>(steps, cycles.resident);
    cycles.latency = in_turn * (config.load_latency + Cycles{div_ceil(step_macs, rate)});
    return cycles;
}

}  // namespace handset
