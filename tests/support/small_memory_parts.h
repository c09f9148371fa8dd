// SPDX-License-Identifier: Apache-2.0
// Small DRAM, cache and flash with round numbers and without energies, so that expected values can be worked out by
// hand. A test that wants a larger or costlier part starts from these.
#pragma once

#include "hw_models/cache/cache_config.h"
#include "hw_models/dram/dram_config.h"
#include "hw_models/flash/flash_config.h"

namespace handset {

/// One channel x16 at 6400 MT/s: a clock is 1.25 ns, a burst is 32 B in two clocks. Row, then bank, then bank group
/// above the column: a row is contiguous. Refresh at 3.9 us, far from most cases. No energies.
inline DramConfig small_dram() {
    DramConfig c;
    c.capacity = 64_MiB;
    c.channels = 1;
    c.channel_bits = 16;
    c.ranks = 1;
    c.bank_groups = 4;
    c.banks = 16;
    c.row_bytes = 2_KiB;
    c.burst_length = 16;
    c.data_rate = 6400_MHz;
    c.beats_per_clock = 8;
    c.address_map = "row rank bank group channel column";
    DramTimingConfig& t = c.timing;
    t.t_rcd = 18'750_ps;          // 15 clocks
    t.t_rp = 18'750_ps;           // 15
    t.t_rp_all = 21'250_ps;       // 17
    t.t_ras = 42'500_ps;          // 34
    t.t_rc = 61'250_ps;           // 49
    t.t_rrd = 5_ns;               // 4
    t.t_faw = 40_ns;              // 32
    t.t_rtp = 10_ns;              // 8
    t.t_wr = 35_ns;               // 28
    t.t_wtr = 6'250_ps;           // 5
    t.t_wtr_l = 15_ns;            // 12
    t.read_latency = 21'250_ps;   // 17
    t.write_latency = 11'250_ps;  // 9
    t.n_ccd_l = 4;
    t.n_turnaround = 2;
    t.n_rank_switch = 2;
    t.n_ppd = 2;
    t.n_activate = 1;
    t.n_column = 1;
    t.n_precharge = 1;
    t.t_refi = 3'906'250_ps;  // 3125
    t.t_rfc = 210_ns;         // 168
    t.t_rfc_bank = 120_ns;    // 96
    t.t_pbr_act = 7'500_ps;   // 6
    t.t_xp = 10_ns;           // 8
    t.t_xsr = 225_ns;         // 180
    c.controller.read_queue = 32;
    c.controller.write_queue = 32;
    c.controller.drain_high = 800;
    c.controller.drain_low = 200;
    c.controller.age_limit = 2_us;
    c.power.devices = 1;
    return c;
}

/// 4 sets x 4 ways x 1 KiB lines of four 256 B sectors; port 64 B at 1 GHz.
inline CacheConfig small_cache() {
    CacheConfig c;
    c.capacity = 16_KiB;
    c.ways = 4;
    c.line = 1_KiB;
    c.sector = 256_B;
    c.clock = 1000_MHz;
    c.width = 64_B;
    c.lookup_latency = 5_ns;
    c.data_latency = 7_ns;
    c.outstanding = 16_KiB;
    c.allocate = {{"activations", 4}, {"kv", 2}};
    return c;
}

/// Bus 1 B/ns and link 4 B/ns payload (2 lanes x 2.5 B/ns x 0.8): a 16 KiB page takes 16.384 us and 4.096 us. 2
/// channels x 2 dies x 2 planes of 64-page blocks; a command reaches the controller after 3 us and works there for 10
/// us.
inline FlashConfig small_flash() {
    FlashConfig c;
    c.capacity = 1_GiB;
    c.nand.channels = 2;
    c.nand.dies = 2;
    c.nand.planes = 2;
    c.nand.pages = 64;
    c.nand.page = 16_KiB;
    c.nand.cells = {{50_us}, 600_us, 3500_us};
    c.nand.slc = {{20_us}, 100_us, 2000_us};
    c.nand.plane_reads = PlaneReads::independent;
    c.nand.bus_rate = 1000_MBps;
    c.nand.codeword = 512_B;
    c.ftl.over_provisioning = 100;
    c.controller.t_command = 10_us;
    c.controller.t_idle = 1_ms;
    c.link.lanes = 2;
    c.link.lane_rate = 2500_MBps;
    c.link.line_code = 1000;
    c.link.efficiency = 800;
    c.host.queue_depth = 4;
    c.host.clock = 1000_MHz;
    c.host.t_issue = 3_us;
    c.staging = 4_MiB;
    c.buffers = 4;
    return c;
}

}  // namespace handset
