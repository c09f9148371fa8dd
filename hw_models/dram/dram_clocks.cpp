// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_clocks.h"

#include <algorithm>

namespace handset {

namespace {

/// floor(time / period + 0.974).
std::uint64_t clocks(Femtoseconds time, Hertz clock) {
    const Wide thousandths = Wide{time.count()} * clock.count() * 1000 / kFemtosecondsPerSecond;
    return static_cast<std::uint64_t>((thousandths + 974) / 1000);
}

std::uint32_t short_clocks(Femtoseconds time, Hertz clock) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(clocks(time, clock), UINT32_MAX));
}

}  // namespace

DramClocks::DramClocks(const DramConfig& config) {
    const DramTimingConfig& t = config.timing;
    const Hertz clock = config.clock();
    const auto in = [clock](Femtoseconds time) { return short_clocks(time, clock); };
    burst = config.burst_length / config.beats_per_clock;
    ccd_l = t.n_ccd_l;
    rcd = in(t.t_rcd);
    rp = in(t.t_rp);
    rp_all = in(t.t_rp_all);
    ras = in(t.t_ras);
    rc = std::max(in(t.t_rc), ras + rp);
    rrd = in(t.t_rrd);
    rrd_l = std::max(rrd, in(t.t_rrd_l));
    faw = in(t.t_faw);
    ppd = t.n_ppd;
    read_data = in(t.read_latency);
    write_data = in(t.write_latency);
    read_precharge = in(t.t_rtp);
    write_precharge = write_data + burst + in(t.t_wr);
    const std::uint32_t read_end = read_data + burst + t.n_turnaround;
    read_write = read_end > write_data ? read_end - write_data : 1;
    write_read = write_data + burst + in(t.t_wtr);
    write_read_l = write_data + burst + in(t.t_wtr_l);
    rank_switch = t.n_rank_switch;
    activate = t.n_activate;
    column = t.n_column;
    precharge = t.n_precharge;
    wck_sync = t.n_wck_sync;
    wck_idle = in(t.t_wck_idle);
    refi = clocks(t.t_refi, clock);
    refi_bank = std::max<std::uint64_t>(refi / config.banks, 1);
    rfc = in(t.t_rfc);
    rfc_bank = in(t.t_rfc_bank);
    pbr_act = in(t.t_pbr_act);
    xp = in(t.t_xp);
    xsr = in(t.t_xsr);
    age_limit = clocks(config.controller.age_limit, clock);
    page_timeout = clocks(config.controller.page_timeout, clock);
    power_down_after = clocks(config.controller.power_down_after, clock);
    self_refresh_after = clocks(config.controller.self_refresh_after, clock);
    request = in(config.controller.t_request);
}

}  // namespace handset
