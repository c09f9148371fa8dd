// SPDX-License-Identifier: Apache-2.0
// A network, cache and DRAM with round numbers, so that expected times can be derived in a comment.
#pragma once

#include "hw_models/cache/cache.h"
#include "hw_models/dram/dram.h"
#include "hw_models/noc/noc.h"
#include "tests/support/small_memory_parts.h"

namespace handset {

/// Four channels x16 at 6400 MT/s: 51.2 GB/s; a burst is 2.5 ns.
inline DramConfig bench_dram() {
    DramConfig c = small_dram();
    c.capacity = 256_MiB;
    c.channels = 4;
    c.group_interleave = 32_B;
    c.bank_hash = true;
    c.queue_depth = 64;
    c.t_controller = 20_ns;
    c.t_faw = 20_ns;
    c.energy_activate = 1000_pJ;
    c.energy_read_byte = 20_pJ;
    c.energy_write_byte = 15_pJ;
    c.energy_io_byte = 10_pJ;
    c.energy_refresh = 16_nJ;
    c.background_power = 100_mW;
    return c;
}

inline CacheConfig bench_cache() {
    CacheConfig c = small_cache();
    c.capacity = 256_KiB;
    c.outstanding = 64_KiB;
    c.allocate = {{"activations", 4}};
    c.energy_lookup = 5_pJ;
    c.energy_per_byte = 2_pJ;
    c.idle_power = 20_mW;
    return c;
}

inline NocConfig bench_noc() {
    NocConfig c;
    c.clock = 1000_MHz;
    c.fabric_width = 128_B;
    c.outstanding = 32_KiB;
    c.packet = 4_KiB;
    c.request_latency = 10_ns;
    c.response_latency = 12_ns;
    c.port = {64_B, 16_KiB};
    c.energy_per_byte = 3_pJ;
    c.idle_power = 10_mW;
    return c;
}

}  // namespace handset
