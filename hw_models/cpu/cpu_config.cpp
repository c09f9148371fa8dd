// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cpu/cpu_config.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace handset {

namespace {

constexpr std::uint32_t kLine = 64;
constexpr std::uint32_t kVectorRegisters = 32;  // of AArch64

std::uint64_t fp32_speed(const CpuClusterConfig& cluster) {
    return cluster.clock.count() / 1'000'000 * cluster.macs_per_cycle.fp32;
}

void check_micro_kernels(const CpuConfig& config, Errors& errors) {
    for (const auto& [name, kernel] : config.micro_kernels) {
        if (kernel.along_contraction && kernel.instruction == MacInstruction::i8mm) {
            errors.add("micro_kernels." + name + ".along_contraction", "SMMLA holds results side by side");
        }
    }
}

void check_cluster(const CpuClusterConfig& cluster, const PortConfig& port, const std::string& path, Errors& errors) {
    if (cluster.use > cluster.cores) {
        errors.add(path + ".use",
                   "uses " + std::to_string(cluster.use) + " of " + std::to_string(cluster.cores) + " cores");
    }
    if (cluster.vector_bits % 128 != 0) {
        errors.add(path + ".vector_bits", "must be a multiple of 128");
    }
    if (cluster.background.cores > cluster.cores) {
        errors.add(path + ".background.cores", "the cluster has " + std::to_string(cluster.cores) + " cores");
    }
    if (cluster.lines_in_flight > 0 && cluster.lines_in_flight * kLine < port.burst.count()) {
        errors.add(path + ".lines_in_flight", "a burst of the port is larger");
    }
    if (cluster.lines_in_flight * kLine > port.outstanding.count()) {
        errors.add(path + ".lines_in_flight", "a core cannot have more bytes in flight than the device");
    }
}

/// One micro-kernel of a choice: it exists, fits the registers, and used cores have its instruction.
void check_kernel(const CpuConfig& config, const std::string& path, const std::string& name, Errors& errors) {
    const auto kernel = config.micro_kernels.find(name);
    if (kernel == config.micro_kernels.end()) {
        std::string known;
        for (const auto& [other, unused] : config.micro_kernels) {
            known += (known.empty() ? "" : ", ") + other;
        }
        errors.add(path, "no micro-kernel '" + name + "' (there are: " + known + ")");
        return;
    }
    for (const CpuConfig::Core& core : config.used_cores()) {
        const CpuClusterConfig& cluster = config.clusters[core.cluster];
        if (cluster.macs_per_cycle[kernel->second.instruction] == 0) {
            errors.add(path, "'" + name + "' needs an instruction that " + cluster.name + " does not have");
            return;
        }
        const std::uint32_t registers = registers_needed(kernel->second, cluster.vector_bits);
        if (registers > kVectorRegisters) {
            errors.add(path, "'" + name + "' needs " + std::to_string(registers) + " of " +
                                 std::to_string(kVectorRegisters) + " vector registers");
            return;
        }
    }
}

}  // namespace

std::span<const std::pair<std::string_view, Partition>> enum_names(Partition /*type*/) {
    static constexpr std::array<std::pair<std::string_view, Partition>, 2> kNames{
        {{"static", Partition::fixed}, {"stealing", Partition::stealing}}};
    return kNames;
}

std::span<const std::pair<std::string_view, Shares>> enum_names(Shares /*type*/) {
    static constexpr std::array<std::pair<std::string_view, Shares>, 2> kNames{
        {{"by_speed", Shares::by_speed}, {"equal", Shares::equal}}};
    return kNames;
}

std::span<const std::pair<std::string_view, Affinity>> enum_names(Affinity /*type*/) {
    static constexpr std::array<std::pair<std::string_view, Affinity>, 3> kNames{
        {{"listed", Affinity::listed}, {"big", Affinity::big}, {"all", Affinity::all}}};
    return kNames;
}

CoreLimits CpuClusterConfig::limits() const {
    const std::uint64_t misses = std::uint64_t{l1_misses} * kLine / std::max<std::uint64_t>(l2_latency.count(), 1);
    const std::uint64_t l2_rate = std::clamp<std::uint64_t>(misses, 1, l2_width);
    return {vector_pipes, vector_bits, load_pipes, issue_width, macs_per_cycle,
            issue_fill,   group_drain, l1_latency, l1_size,     static_cast<std::uint32_t>(l2_rate)};
}

const KernelChoice* KernelChoices::operator[](MacFormat format) const {
    const std::array<const std::optional<KernelChoice>*, 4> choices{&fp32, &fp16, &int8, &int4};
    const auto index = static_cast<std::size_t>(format);
    return index < choices.size() && choices.at(index)->has_value() ? &**choices.at(index) : nullptr;
}

std::vector<CpuConfig::Core> CpuConfig::used_cores() const {
    std::vector<std::size_t> by_speed(clusters.size());
    std::iota(by_speed.begin(), by_speed.end(), std::size_t{0});
    std::stable_sort(by_speed.begin(), by_speed.end(),
                     [&](std::size_t a, std::size_t b) { return fp32_speed(clusters[a]) > fp32_speed(clusters[b]); });
    std::vector<std::uint32_t> taken(clusters.size());
    std::uint32_t left = threads == 0 ? UINT32_MAX : threads;
    for (const std::size_t cluster : by_speed) {
        const bool offered = affinity != Affinity::big || cluster == by_speed.front();
        const std::uint32_t cores = affinity == Affinity::listed ? clusters[cluster].use : clusters[cluster].cores;
        taken[cluster] = offered ? std::min(cores, left) : 0;
        left -= taken[cluster];
    }
    std::vector<Core> cores;
    for (std::size_t cluster = 0; cluster < clusters.size(); ++cluster) {
        for (std::uint32_t number = 0; number < taken[cluster]; ++number) {
            cores.push_back({cluster, number});
        }
    }
    return cores;
}

std::uint32_t CpuConfig::free_share(const Core& core) const {
    const CpuClusterConfig& cluster = clusters[core.cluster];
    const bool shared = core.number + cluster.background.cores >= cluster.cores;
    return shared ? 100 - cluster.background.share : 100;
}

Bytes CpuConfig::in_flight(const Core& core) const {
    const std::uint64_t own = std::uint64_t{clusters[core.cluster].lines_in_flight} * kLine;
    return Bytes{(own == 0 ? port.lane_outstanding.count() : own) * free_share(core) / 100};
}

void CpuConfig::check(Errors& errors) const {
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        check_cluster(clusters[i], port, "clusters[" + std::to_string(i) + "]", errors);
    }
    const std::vector<Core> cores = used_cores();
    if (cores.empty()) {
        errors.add("clusters", "at least one core must be used");
    }
    for (const Core& core : cores) {
        if (core.number == 0 && clusters[core.cluster].l2_per_core.count() * tile_share / 100 < 4096) {
            errors.add("clusters[" + std::to_string(core.cluster) + "].l2_per_core",
                       "tile_share leaves less than 4 KiB for tiles");
        }
    }
    check_micro_kernels(*this, errors);
    if (kernels[MacFormat::fp32] == nullptr) {
        errors.add("kernels.fp32", "every CPU computes fp32, needs micro-kernels");
    }
    for (std::size_t f = 0; f < kMacFormats; ++f) {
        const auto format = static_cast<MacFormat>(f);
        if (const KernelChoice* choice = kernels[format]; choice != nullptr) {
            const std::string path = "kernels." + std::string(mac_format_name(format));
            check_kernel(*this, path + ".gemm", choice->gemm, errors);
            if (choice->edge.has_value()) {
                check_kernel(*this, path + ".edge", *choice->edge, errors);
            }
            check_kernel(*this, path + ".gemv", choice->gemv, errors);
        }
    }
}

}  // namespace handset
