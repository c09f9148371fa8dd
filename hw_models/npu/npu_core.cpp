// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/npu_core.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

std::span<const std::pair<std::string_view, Exponential>> enum_names(Exponential /*type*/) {
    static constexpr std::array<std::pair<std::string_view, Exponential>, 2> kNames{
        {{"polynomial", Exponential::polynomial}, {"table", Exponential::table}}};
    return kNames;
}

VectorCosts NpuVectorConfig::chosen_costs() const {
    VectorCosts chosen = costs;
    if (exponential == Exponential::table) {
        chosen.fp32.exp = table_exp;
        for (std::optional<VectorOpCosts>* narrow : {&chosen.fp16, &chosen.int8}) {
            if (narrow->has_value()) {
                (*narrow)->exp = table_exp;
            }
        }
    }
    return chosen;
}

std::uint32_t NpuVectorConfig::product_cost(MacFormat format) const {
    return format == MacFormat::fp32 ? products.fp32 : (format == MacFormat::fp16 ? products.fp16 : 0);
}

void NpuConfig::check(Errors& errors) const {
    if (!macs_per_pe.any()) {
        errors.add("macs_per_pe", "at least one number format needs a rate");
    }
    if (macs_per_pe.fp32 > 0) {
        errors.add("macs_per_pe.fp32", "fp32 products belong to the vector unit, not to the matrix unit");
    }
    for (std::size_t i = 1; i < kMacFormats; ++i) {
        const auto format = static_cast<MacFormat>(i);
        if (macs_per_pe[format] > 0 && energy_per_mac[format] == Femtojoules{}) {
            errors.add("energy_per_mac", std::string(mac_format_name(format)) + " has a rate but no energy");
        }
    }
    if (vector.width_bits % 32 != 0) {
        errors.add("vector.width_bits", "must be a multiple of 32 (one fp32 element)");
    }
    // The smallest tile: one array of weights, one block of activations and its results, in every buffer.
    const std::uint64_t rows = array.rows;
    const std::uint64_t cols = array.cols;
    const Bytes smallest{buffers * (rows * cols + rows * rows + 4 * rows * cols)};
    if (scratchpad.size < smallest) {
        errors.add("scratchpad.size", "holds less than one array tile per buffer, needs at least " +
                                          std::to_string(smallest.count()) + " B");
    }
}

NpuCore::NpuCore(std::string name, const NpuConfig& config) : config_(config), costs_(config.vector.chosen_costs()) {
    caps_.name = std::move(name);
    caps_.cost = this;
    caps_.stream_rate = config.port.expected_rate;
    caps_.kind = DeviceKind::npu;
    caps_.lane_speed = {1};
    caps_.local_bytes = config.scratchpad.size;
    caps_.accumulator_bytes = config.array.accumulators;
    caps_.buffers = config.buffers;
    std::uint32_t depth = 1;
    for (std::size_t i = 0; i < kMacFormats; ++i) {
        const auto format = static_cast<MacFormat>(i);
        const std::uint32_t rate = config.macs_per_pe[format];
        depth = std::max(depth, rate);
        caps_.macs_per_second[i] = config.array.processing_elements() * rate * config.clock.count();
        if (const std::uint32_t cost = config.vector.product_cost(format); rate == 0 && cost > 0) {
            caps_.macs_per_second[i] =
                config.vector.threads * product_lanes(format) * config.vector.clock.count() / cost;
        }
    }
    caps_.array_rows = config.array.rows * depth;
    caps_.array_cols = config.array.dataflow == Dataflow::input_stationary ? 1 : config.array.cols;
    caps_.weight_path = config.port.weight_path;
    caps_.static_graphs = config.static_graphs;
    caps_.sessions = {config.sessions.address_space, config.sessions.setup, config.sessions.memory};
}

bool NpuCore::on_vector_unit(const MatmulWork& matmul) const {
    return config_.macs_per_pe[matmul.format] == 0 && config_.vector.product_cost(matmul.format) > 0;
}

std::uint64_t NpuCore::product_lanes(MacFormat format) const {
    return config_.vector.width_bits / mac_bits(format).activation;
}

NpuCore::MatrixCycles NpuCore::matrix_cycles(const Work& work) const {
    MatrixCycles out;
    Bytes feed;
    for (const MatmulWork& matmul : work.matmuls) {
        if (matmul.macs().count() == 0 || on_vector_unit(matmul)) {
            continue;
        }
        const std::uint32_t depth = config_.macs_per_pe[matmul.format];
        ensure(depth > 0, caps_.name + ": no datapath for " + std::string(mac_format_name(matmul.format)));
        out.folds += fold_cycles(matmul, config_.array, depth);
        feed += feed_bytes(matmul, config_.array, depth);
    }
    // A single port is shared with DMA that fills the other buffers meanwhile, at its unloaded rate.
    const std::uint64_t peak = config_.scratchpad.bytes_per_cycle();
    const bool shared = config_.scratchpad.ports == 1;
    const std::uint64_t dma = shared ? div_ceil(config_.port.expected_rate.count(), config_.clock.count()) : 0;
    out.feed = Cycles{div_ceil<std::uint64_t>(feed.count(), peak - std::min(dma, peak / 2))};
    return out;
}

Femtoseconds NpuCore::matrix_time(const Work& work) const {
    const MatrixCycles cycles = matrix_cycles(work);
    return duration(std::max(cycles.folds, cycles.feed), config_.clock);
}

Femtoseconds NpuCore::vector_time(const Work& work) const {
    std::uint64_t instructions = vector_instructions(work, costs_, config_.vector.width_bits);
    for (const MatmulWork& matmul : work.matmuls) {
        if (on_vector_unit(matmul)) {
            const std::uint64_t vectors = div_ceil<std::uint64_t>(matmul.n, product_lanes(matmul.format));
            instructions += vectors * matmul.m * matmul.k * matmul.count * config_.vector.product_cost(matmul.format);
        }
    }
    Cycles cycles{div_ceil<std::uint64_t>(instructions, config_.vector.threads)};
    if (const std::uint64_t width = config_.vector.thread_width.count() * config_.vector.threads; width > 0) {
        cycles = std::max(cycles, Cycles{div_ceil<std::uint64_t>(vector_bytes(work).count(), width)});
    }
    return duration(cycles, config_.vector.clock);
}

Femtoseconds NpuCore::overlapped_time(const Work& work) const {
    const Femtoseconds vector = vector_time(work);
    const MatrixCycles cycles = matrix_cycles(work);
    Cycles matrix = std::max(cycles.folds, cycles.feed);
    if (config_.scratchpad.ports == 1 && matrix > Cycles{}) {
        // Threads use different banks in the same cycle. The arrays wait in that cycle when their feed uses one of
        // these banks, too: in feed / matrix of all cycles. They never wait longer than the vector unit works.
        const std::uint64_t line = config_.vector.threads * config_.scratchpad.bank_width.count();
        const std::uint64_t together =
            std::min(div_ceil(vector_bytes(work).count(), line),
                     mul_div_ceil(vector.count(), config_.clock.count(), kFemtosecondsPerSecond));
        matrix += Cycles{mul_div_ceil(together, cycles.feed.count(), matrix.count())};
    }
    return std::max(duration(matrix, config_.clock), vector);
}

TileTime NpuCore::tile_time(const Work& work, std::uint32_t /*lane*/) const {
    const Femtoseconds matrix = matrix_time(work);
    const Femtoseconds vector = vector_time(work);
    const Femtoseconds busy = config_.overlap_vector ? overlapped_time(work) : matrix + vector;
    return {matrix, vector, config_.tile_overhead, config_.tile_overhead + busy};
}

Femtojoules NpuCore::tile_energy(const Work& work, std::uint32_t /*lane*/) const {
    Femtojoules total = vector_element_operations(work, costs_) * config_.vector.energy;
    for (const MatmulWork& matmul : work.matmuls) {
        total += matmul.macs().count() *
                 (on_vector_unit(matmul) ? config_.vector.energy : config_.energy_per_mac[matmul.format]);
    }
    return total + local_bytes_touched(work).count() * config_.scratchpad.energy_per_byte;
}

Femtoseconds NpuCore::launch_time(const TileProgram& /*program*/, bool continues) const {
    return config_.op_dispatch + (continues ? Femtoseconds{} : config_.call);
}

Femtoseconds NpuCore::resume_time(const TileProgram& /*program*/) const {
    return config_.op_dispatch + config_.resume.value_or(config_.call);
}

Femtoseconds NpuCore::completion_time(const TileProgram& /*program*/) const {
    return config_.completion;
}

Microwatts NpuCore::lane_power(std::uint32_t /*lane*/) const {
    return {};
}

Preparation NpuCore::preparation(const TileProgram& /*program*/, Bytes weight_bytes) const {
    if (!config_.static_graphs) {
        return {};
    }
    const NpuPrepareConfig& p = config_.prepare;
    return {p.base + p.per_op + weight_bytes.count() * p.per_weight_byte,
            p.memory_per_op + Bytes{mul_div_ceil(weight_bytes.count(), p.memory_percent_of_weights, 100)}};
}

}  // namespace handset
