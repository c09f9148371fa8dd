// SPDX-License-Identifier: Apache-2.0
// A network, cache and DRAM with round numbers, so that expected times can be derived in a comment.
#pragma once

#include "hw_models/cache/cache.h"
#include "hw_models/dram/dram.h"
#include "hw_models/noc/noc.h"
#include "tests/support/small_memory_parts.h"

namespace handset {

/// Four channels x16 at 6400 MT/s: 51.2 GB/s; a burst is 2.5 ns. 256 bytes per channel, bursts rotate over bank groups.
inline DramConfig bench_dram() {
    DramConfig c = small_dram();
    c.capacity = 256_MiB;
    c.channels = 4;
    c.address_map = "row rank bank column channel column:1 group";
    c.bank_hash = BankHash::all_rows;
    c.timing.t_faw = 20_ns;
    c.controller.read_queue = 128;
    c.controller.write_queue = 128;
    c.controller.t_request = 10_ns;
    c.controller.t_response = 10_ns;
    // One rail of 1 V: ACT 1 V (34 - 10) mA 42.5 ns = 1020 pJ, PRE (34 - 9) mA 18.75 ns = 468.75 pJ, RD (138 - 10)
    // mA 2.5 ns = 320 pJ, WR 240 pJ, REF (90 - 10) mA 210 ns = 16.8 nJ.
    c.power.rails["vdd"] = {1000_mV,  34'000_uA,  9'000_uA,   1'000_uA,  10'000_uA,
                            2'000_uA, 138'000_uA, 106'000_uA, 90'000_uA, 500_uA};
    c.power.io_read_byte = 10_pJ;
    c.power.io_write_byte = 10_pJ;
    c.power.controller = 100_mW;
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
    c.port.width = 64_B;
    c.port.outstanding = 16_KiB;
    c.energy_per_byte = 3_pJ;
    c.idle_power = 10_mW;
    return c;
}

}  // namespace handset
