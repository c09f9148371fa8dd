// SPDX-License-Identifier: Apache-2.0
// JEDEC timing of one DRAM device. Names starting with t_ are times, which the controller rounds up to whole clocks
// (CK); names starting with n_ are counts of clocks. All are from the start of one command to the start of the next,
// except where said otherwise.
#pragma once

#include <cstdint>

#include "sim/base/errors.h"
#include "sim/base/quantity.h"

namespace handset {

struct DramTimingConfig {
    Femtoseconds t_rcd, t_rp, t_rp_all, t_ras, t_rc, t_rrd, t_rrd_l, t_faw;
    Femtoseconds t_rtp, t_wr, t_wtr, t_wtr_l;
    Femtoseconds read_latency, write_latency;
    std::uint32_t n_ccd_l = 0;
    std::uint32_t n_turnaround = 0;
    std::uint32_t n_rank_switch = 0;
    std::uint32_t n_ppd = 0;
    std::uint32_t n_activate = 0;
    std::uint32_t n_column = 0;
    std::uint32_t n_precharge = 0;
    std::uint32_t n_wck_sync = 0;
    Femtoseconds t_wck_idle;
    Femtoseconds t_refi, t_rfc, t_rfc_bank, t_pbr_act;
    Femtoseconds t_xp, t_xsr;

    template <class Visitor>
    void fields(Visitor& v) {
        v.field("t_rcd", t_rcd, {.doc = "ACT to column command"});
        v.field("t_rp", t_rp, {.doc = "PRE of one bank to ACT"});
        v.field("t_rp_all", t_rp_all, {.doc = "PRE of all banks to REF or ACT"});
        v.field("t_ras", t_ras, {.doc = "ACT to PRE"});
        v.field("t_rc", t_rc, {.doc = "ACT to ACT of one bank"});
        v.field("t_rrd", t_rrd, {.doc = "ACT to ACT of one rank, other bank group"});
        v.field("t_rrd_l", t_rrd_l,
                {.doc = "ACT to ACT of one rank, same bank group; 0: as t_rrd", .fallback = Femtoseconds{}});
        v.field("t_faw", t_faw, {.doc = "window that holds at most four ACT of one rank"});
        v.field("t_rtp", t_rtp, {.doc = "RD to PRE"});
        v.field("t_wr", t_wr, {.doc = "end of write data to PRE"});
        v.field("t_wtr", t_wtr, {.doc = "end of write data to RD, other bank group"});
        v.field("t_wtr_l", t_wtr_l, {.doc = "end of write data to RD, same bank group"});
        v.field("read_latency", read_latency, {.doc = "RD to first data, PHY not included"});
        v.field("write_latency", write_latency, {.doc = "WR to first data"});
        v.field(
            "n_ccd_l", n_ccd_l,
            {.doc = "column to column in one bank group, clocks; between groups it is one burst", .min = 1, .max = 64});
        v.field("n_turnaround", n_turnaround,
                {.doc = "clocks between read and write data on the bus", .max = 64, .fallback = 2});
        v.field("n_rank_switch", n_rank_switch,
                {.doc = "clocks between data of two ranks on the bus", .max = 64, .fallback = 2});
        v.field("n_ppd", n_ppd, {.doc = "PRE to PRE of one channel, clocks", .min = 1, .max = 64, .fallback = 2});
        v.field("n_activate", n_activate, {.doc = "clocks of an ACT on the command bus", .min = 1, .max = 8});
        v.field("n_column", n_column, {.doc = "clocks of a RD or WR on the command bus", .min = 1, .max = 8});
        v.field("n_precharge", n_precharge, {.doc = "clocks of a PRE or REF on the command bus", .min = 1, .max = 8});
        v.field(
            "n_wck_sync", n_wck_sync,
            {.doc = "clocks before a column command for starting the data clock (CAS-WCK)", .max = 64, .fallback = 0});
        v.field("t_wck_idle", t_wck_idle,
                {.doc = "the data clock stops so long after the last data", .fallback = Femtoseconds{}});
        v.field("t_refi", t_refi,
                {.doc = "average interval of all-bank refreshes of one rank", .min = Femtoseconds{100'000'000}});
        v.field("t_rfc", t_rfc, {.doc = "duration of an all-bank refresh"});
        v.field("t_rfc_bank", t_rfc_bank, {.doc = "duration of a per-bank refresh"});
        v.field("t_pbr_act", t_pbr_act, {.doc = "per-bank refresh to ACT of another bank"});
        v.field("t_xp", t_xp, {.doc = "power-down exit to any command"});
        v.field("t_xsr", t_xsr, {.doc = "self-refresh exit to any command"});
    }

    void check(Errors& errors) const {
        if (t_rc < t_ras) {
            errors.add("t_rc", "cannot be shorter than t_ras");
        }
        if (t_ras < t_rcd) {
            errors.add("t_ras", "cannot be shorter than t_rcd");
        }
        if (t_rp_all < t_rp) {
            errors.add("t_rp_all", "cannot be shorter than t_rp");
        }
        if (t_faw < t_rrd) {
            errors.add("t_faw", "cannot be shorter than t_rrd");
        }
        if (t_wtr_l < t_wtr) {
            errors.add("t_wtr_l", "cannot be shorter than t_wtr");
        }
        if (t_rfc * 2 > t_refi) {
            errors.add("t_rfc", "refresh would take more than half of the time");
        }
        if (t_rfc_bank > t_rfc) {
            errors.add("t_rfc_bank", "cannot be longer than t_rfc");
        }
        if (t_xsr < t_xp) {
            errors.add("t_xsr", "cannot be shorter than t_xp");
        }
    }
};

}  // namespace handset
