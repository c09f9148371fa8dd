// SPDX-License-Identifier: Apache-2.0
// Small NPU, CPU and GPU with round numbers, so that expected values can be worked out by hand.
#pragma once

#include "hw_models/cpu/cpu_config.h"
#include "hw_models/gpu/gpu_config.h"
#include "hw_models/npu/npu_config.h"

namespace handset {

inline PortConfig small_port() {
    PortConfig port;
    port.burst = 256_B;
    port.outstanding = 1024_B;
    port.lane_outstanding = 512_B;
    port.expected_rate = 1000_MBps;
    port.energy_per_byte = 1_pJ;
    port.idle_power = 10_mW;
    port.active_power = 100_mW;
    return port;
}

/// 8 x 8 PEs at 1 GHz, one cycle = 1 ns; vectors of 8 elements at 500 MHz.
inline NpuConfig small_npu() {
    NpuConfig npu;
    npu.array = {.rows = 8, .cols = 8, .count = 1};
    npu.clock = 1000_MHz;
    npu.macs_per_pe = {.fp16 = 1, .int8 = 2};
    npu.energy_per_mac = {.fp16 = 700_fJ, .int8 = 100_fJ};
    npu.vector = {.threads = 2, .width_bits = 256, .clock = 500_MHz, .costs = {.fp32 = {.exp = 10}}, .energy = 50_fJ};
    npu.scratchpad = {.size = 64_KiB, .banks = 16, .ports = 2, .bank_width = 64_B, .energy_per_byte = 2_pJ};
    npu.tile_overhead = 100_ns;
    npu.call = 50_us;
    npu.op_dispatch = 2_us;
    npu.completion = 3_us;
    npu.prepare = {.base = 1_ms,
                   .per_op = 2_ms,
                   .per_weight_byte = 5_ns,
                   .memory_per_op = 1000_B,
                   .memory_percent_of_weights = 30};
    npu.port = small_port();
    npu.port.lane_outstanding = npu.port.outstanding;
    return npu;
}

/// Two fast cores at 2 GHz (one cycle = 500 ps) and one slow core at 1 GHz; a second slow core is not used.
inline CpuConfig small_cpu() {
    CpuConfig cpu;
    CpuClusterConfig fast;
    fast.name = "fast";
    fast.cores = 2;
    fast.use = 2;
    fast.clock = 2000_MHz;
    fast.vector_pipes = 2;
    fast.vector_bits = 128;
    fast.load_pipes = 2;
    fast.issue_width = 4;
    fast.macs_per_cycle = {.fp32 = 8, .fp16 = 16, .dot = 32, .i8mm = 64};
    fast.l2_per_core = 512_KiB;
    fast.l1_latency = 4_cycles;
    fast.l2_latency = 16_cycles;
    fast.active_power = 1000_mW;
    CpuClusterConfig slow = fast;
    slow.name = "slow";
    slow.use = 1;
    slow.clock = 1000_MHz;
    slow.vector_pipes = 1;
    slow.load_pipes = 1;
    slow.issue_width = 2;
    slow.macs_per_cycle = {.fp32 = 4, .fp16 = 8, .dot = 16, .i8mm = 32};
    slow.l2_per_core = 128_KiB;
    slow.active_power = 200_mW;
    cpu.clusters = {fast, slow};
    cpu.micro_kernels = {
        {"fp32_4x8", {.instruction = MacInstruction::fp32, .rows = 4, .columns = 8, .loop = 4}},
        {"fp32_1x8", {.instruction = MacInstruction::fp32, .rows = 1, .columns = 8, .loop = 4}},
        {"fp16_4x16", {.instruction = MacInstruction::fp16, .rows = 4, .columns = 16, .loop = 4}},
        {"i8mm_4x4", {.instruction = MacInstruction::i8mm, .rows = 4, .columns = 4, .per_group = 4, .unpack = 1}},
        {"dot_1x4", {.instruction = MacInstruction::dot, .rows = 1, .columns = 4, .per_group = 3, .unpack = 1}},
    };
    cpu.kernels = {.fp32 = KernelChoice{"fp32_4x8", "fp32_1x8"},
                   .fp16 = KernelChoice{"fp16_4x16", "fp16_4x16"},
                   .int8 = KernelChoice{"i8mm_4x4", "dot_1x4"}};
    cpu.tile_overhead = 80_cycles;
    cpu.op_dispatch = 1_us;
    cpu.wake = 10_us;
    cpu.barrier = 2_us;
    cpu.port = small_port();
    return cpu;
}

/// Two compute units at 1 GHz. A wave step of the tiled product is 8 items x 2 x 2 x 4 MACs = 128 MACs (fp16: 8 cycles)
/// and 8 items x (2 + 2) x 4 operands (fp16: 256 B, 16 cycles of the cache); 4 fp16 waves fit the registers.
inline GpuConfig small_gpu() {
    GpuConfig gpu;
    gpu.compute_units = 2;
    gpu.clock = 1000_MHz;
    gpu.macs_per_unit = {.fp32 = 8, .fp16 = 16};
    gpu.energy_per_mac = {.fp32 = 2_pJ, .fp16 = 1_pJ};
    gpu.vector_lanes = 8;
    gpu.vector_costs = {.fp32 = {.exp = 4}};
    gpu.vector_energy = 500_fJ;
    gpu.wave_size = 8;
    gpu.max_waves = 16;
    gpu.register_file = 2_KiB;
    gpu.base_registers = 6;
    gpu.load_latency = 24_cycles;
    gpu.cache_bandwidth = 16_B;
    gpu.local_memory = 16_KiB;
    gpu.local_bandwidth = 64_B;
    gpu.gemm = {.rows = 2, .columns = 2, .depth = 4};
    gpu.gemv = {.rows = 2, .columns = 4, .depth = 4};
    gpu.cache_tiles = 32_KiB;
    gpu.local_energy_per_byte = 1_pJ;
    gpu.tile_overhead = 1_us;
    gpu.kernel_launch = 10_us;
    gpu.submit = 50_us;
    gpu.synchronise = {.finish = 400_us, .poll = 90_us, .fence = 20_us};
    gpu.kernel_end = 3_us;
    gpu.port = small_port();
    return gpu;
}

}  // namespace handset
