// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_config.h"

#include <algorithm>
#include <array>

#include "hw_models/dram/dram_address_map.h"

namespace handset {

namespace {

constexpr std::array<std::pair<std::string_view, BankHash>, 3> kBankHashes{
    {{"none", BankHash::none}, {"low_rows", BankHash::low_rows}, {"all_rows", BankHash::all_rows}}};
constexpr std::array<std::pair<std::string_view, PagePolicy>, 3> kPagePolicies{
    {{"open", PagePolicy::open}, {"closed", PagePolicy::closed}, {"timeout", PagePolicy::timeout}}};
constexpr std::array<std::pair<std::string_view, RefreshMode>, 3> kRefreshModes{
    {{"off", RefreshMode::off}, {"all_bank", RefreshMode::all_bank}, {"per_bank", RefreshMode::per_bank}}};

/// Everything else divides by these: stop at the first implausible one.
bool check_geometry(const DramConfig& c, Errors& errors) {
    const std::size_t before = errors.problems().size();
    if (c.channel_bits % 8 != 0 || !std::has_single_bit(c.burst_bytes().count())) {
        errors.add("burst_length", "channel_bits / 8 * burst_length must be a power of two");
        return false;
    }
    if (c.burst_length % c.beats_per_clock != 0) {
        errors.add("beats_per_clock", "a burst must take whole clocks");
    }
    for (const auto& [name, value] :
         {std::pair{"channels", c.channels}, {"ranks", c.ranks}, {"bank_groups", c.bank_groups}, {"banks", c.banks}}) {
        if (!std::has_single_bit(value)) {
            errors.add(name, "must be a power of two");
        }
    }
    if (c.banks < c.bank_groups) {
        errors.add("banks", "there must be at least one bank in each group");
    }
    if (!std::has_single_bit(c.row_bytes.count()) || c.row_bytes < c.burst_bytes()) {
        errors.add("row_bytes", "must be a power of two and hold at least one burst");
    }
    if (errors.problems().size() != before) {
        return false;
    }
    if (c.capacity.count() % (c.row_bytes.count() * c.banks * c.ranks * c.channels) != 0) {
        errors.add("capacity", "must be whole rows in every bank of every channel");
        return false;
    }
    return true;
}

}  // namespace

std::span<const std::pair<std::string_view, BankHash>> enum_names(BankHash /*type*/) {
    return kBankHashes;
}
std::span<const std::pair<std::string_view, PagePolicy>> enum_names(PagePolicy /*type*/) {
    return kPagePolicies;
}
std::span<const std::pair<std::string_view, RefreshMode>> enum_names(RefreshMode /*type*/) {
    return kRefreshModes;
}

void DramControllerConfig::check(Errors& errors) const {
    if (drain_low > drain_high) {
        errors.add("drain_low", "cannot be above drain_high");
    }
    if (self_refresh_after > Femtoseconds{} && self_refresh_after < power_down_after) {
        errors.add("self_refresh_after", "cannot come before power_down_after");
    }
}

void DramConfig::check(Errors& errors) const {
    if (!check_geometry(*this, errors)) {
        return;
    }
    const std::string problem = DramAddressMap::problem(*this);
    if (!problem.empty()) {
        errors.add("address_map", problem);
    }
    if (timing.n_ccd_l < burst_length / beats_per_clock) {
        errors.add("timing.n_ccd_l", "cannot be shorter than a burst on the bus");
    }
}

}  // namespace handset
