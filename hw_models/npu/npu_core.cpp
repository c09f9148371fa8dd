// SPDX-License-Identifier: Apache-2.0
#include "hw_models/npu/npu_core.h"

#include <algorithm>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

void NpuConfig::check(Errors& errors) const {
    if (!macs_per_pe.any()) {
        errors.add("macs_per_pe", "at least one number format needs a rate");
    }
    if (macs_per_pe.fp32 > 0) {
        errors.add("macs_per_pe.fp32", "fp32 products belong to the vector unit, not to the matrix unit");
    }
    for (const MacFormat format : {MacFormat::fp16, MacFormat::int8, MacFormat::int4}) {
        if (macs_per_pe[format] > 0 && energy_per_mac[format] == Femtojoules{}) {
            errors.add("energy_per_mac", std::string(mac_format_name(format)) + " has a rate but no energy");
        }
    }
    if (array.dataflow == Dataflow::output_stationary && array.overlap == FoldOverlap::shadow_weights) {
        errors.add("array.overlap", "shadow_weights needs dataflow weight_stationary");
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

NpuCore::NpuCore(std::string name, const NpuConfig& config) : config_(config) {
    caps_.name = std::move(name);
    caps_.cost = this;
    caps_.stream_rate = config.port.expected_rate;
    caps_.kind = DeviceKind::npu;
    caps_.lane_speed = {1};
    caps_.local_bytes = config.scratchpad.size;
    caps_.buffers = config.buffers;
    std::uint32_t depth = 1;
    for (std::size_t i = 0; i < kMacFormats; ++i) {
        const std::uint32_t rate = config.macs_per_pe[static_cast<MacFormat>(i)];
        depth = std::max(depth, rate);
        caps_.macs_per_second[i] = config.array.processing_elements() * rate * config.clock.count();
    }
    if (config.vector.fp32_products) {
        caps_.macs_per_second[static_cast<std::size_t>(MacFormat::fp32)] =
            std::uint64_t{config.vector.threads} * config.vector.elements() * config.vector.clock.count();
    }
    caps_.array_rows = config.array.rows * depth;
    caps_.array_cols = config.array.cols;
    caps_.static_graphs = config.static_graphs;
}

bool NpuCore::on_vector_unit(const MatmulWork& matmul) const {
    return matmul.format == MacFormat::fp32 && config_.vector.fp32_products;
}

Femtoseconds NpuCore::matrix_time(const Work& work) const {
    Cycles cycles;
    Work products;
    std::size_t used = 0;
    for (const MatmulWork& matmul : work.matmuls) {
        if (matmul.macs().count() == 0 || on_vector_unit(matmul)) {
            continue;
        }
        const std::uint32_t depth = config_.macs_per_pe[matmul.format];
        ensure(depth > 0, caps_.name + ": no datapath for " + std::string(mac_format_name(matmul.format)));
        cycles += fold_cycles(matmul, config_.array, depth);
        products.matmuls.at(used++) = matmul;
    }
    const Bytes per_cycle = config_.scratchpad.banks * config_.scratchpad.bank_width;
    const Cycles delivery{div_ceil(local_bytes_touched(products).count(), per_cycle.count())};
    return duration(std::max(cycles, delivery), config_.clock);
}

Femtoseconds NpuCore::vector_time(const Work& work) const {
    const std::uint32_t elements = config_.vector.elements();
    std::uint64_t instructions = vector_instructions(work, config_.vector.costs, config_.vector.width_bits);
    for (const MatmulWork& matmul : work.matmuls) {
        if (on_vector_unit(matmul)) {
            const std::uint64_t vectors = div_ceil<std::uint64_t>(matmul.n, elements);
            instructions += vectors * matmul.m * matmul.k * matmul.count;
        }
    }
    return duration(Cycles{div_ceil<std::uint64_t>(instructions, config_.vector.threads)}, config_.vector.clock);
}

TileTime NpuCore::tile_time(const Work& work, std::uint32_t /*lane*/) const {
    const Femtoseconds matrix = matrix_time(work);
    const Femtoseconds vector = vector_time(work);
    const Femtoseconds busy = config_.overlap_vector ? std::max(matrix, vector) : matrix + vector;
    return {matrix, vector, config_.tile_overhead, config_.tile_overhead + busy};
}

Femtojoules NpuCore::tile_energy(const Work& work, std::uint32_t /*lane*/) const {
    Femtojoules total = vector_element_operations(work, config_.vector.costs) * config_.vector.energy;
    for (const MatmulWork& matmul : work.matmuls) {
        total += matmul.macs().count() *
                 (on_vector_unit(matmul) ? config_.vector.energy : config_.energy_per_mac[matmul.format]);
    }
    return total + local_bytes_touched(work).count() * config_.scratchpad.energy_per_byte;
}

Femtoseconds NpuCore::launch_time(const TileProgram& /*program*/, bool continues) const {
    return config_.op_dispatch + (continues ? Femtoseconds{} : config_.call);
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
