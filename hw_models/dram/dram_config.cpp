// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_config.h"

namespace handset {

namespace {

/// Everything else divides by these: stop at the first implausible one.
bool check_geometry(const DramConfig& c, Errors& errors) {
    const std::size_t before = errors.problems().size();
    if (c.channel_bits % 8 != 0) {
        errors.add("channel_bits", "must be a multiple of 8");
    }
    if (!std::has_single_bit(c.burst_bytes().count())) {
        errors.add("burst_length", "channel_bits / 8 * burst_length must be a power of two");
        return false;
    }
    if (c.banks % c.bank_groups != 0 || !std::has_single_bit(c.banks / c.bank_groups)) {
        errors.add("banks", "banks per group must be a power of two");
    }
    if (!std::has_single_bit(c.row_bytes.count()) || c.row_bytes < c.burst_bytes()) {
        errors.add("row_bytes", "must be a power of two and hold at least one burst");
    }
    if (!std::has_single_bit(c.channel_interleave.count()) || c.channel_interleave < c.burst_bytes()) {
        errors.add("channel_interleave", "must be a power of two and hold at least one burst");
    }
    if (!std::has_single_bit(c.group_interleave.count()) || c.group_interleave < c.burst_bytes() ||
        c.group_interleave > c.row_bytes) {
        errors.add("group_interleave", "must be a power of two from one burst to one row");
    }
    if (errors.problems().size() != before) {
        return false;
    }
    const std::uint64_t one_row_everywhere = c.row_bytes.count() * c.banks * c.ranks * c.channels;
    if (c.capacity.count() % one_row_everywhere != 0 ||
        c.capacity.count() % (c.channel_interleave.count() * c.channels) != 0) {
        errors.add("capacity", "must be whole rows in every bank of every channel");
    }
    return true;
}

}  // namespace

void DramConfig::check(Errors& errors) const {
    if (!check_geometry(*this, errors)) {
        return;
    }
    if (t_rc < t_ras + t_rp) {
        errors.add("t_rc", "cannot be shorter than t_ras + t_rp");
    }
    if (t_ras < t_rcd) {
        errors.add("t_ras", "cannot be shorter than t_rcd");
    }
    if (t_faw < t_rrd) {
        errors.add("t_faw", "cannot be shorter than t_rrd");
    }
    if (t_ccd_l < burst_time()) {
        errors.add("t_ccd_l", "cannot be shorter than a burst on the bus");
    }
    if (t_rtw + write_latency < read_latency + burst_time()) {
        errors.add("t_rtw", "write data would collide with read data on the bus");
    }
    if (t_rfc * 2 > t_refi) {
        errors.add("t_rfc", "refresh would take more than half of the time");
    }
}

}  // namespace handset
