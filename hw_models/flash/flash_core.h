// SPDX-License-Identifier: Apache-2.0
// Read timing of managed flash: command issue, planes that sense pages, channel buses and the link, each in arrival
// order. Pages are striped over channels, dies, planes; a page still in its register is not sensed again. Not modelled:
// programs, erases, address mapping (FTL), device read-ahead.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "hw_models/flash/flash_config.h"
#include "hw_models/flash/flash_request.h"
#include "sim/base/ids.h"

namespace handset {

class FlashCore {
  public:
    /// `config` has passed check().
    explicit FlashCore(const FlashConfig& config);

    /// When the host sees the command completed. Calls come in time order. Throws ModelError outside the capacity.
    Femtoseconds submit(Femtoseconds now, const FlashRequest& request);

    /// What happened since the last call.
    FlashActivity take_activity() { return std::exchange(activity_, {}); }

    /// When the last byte of a read command that arrives now has crossed the link. Calls come in time order. Throws
    /// ModelError outside the capacity.
    Femtoseconds read(Femtoseconds now, Address address, std::uint64_t size);

    [[nodiscard]] std::uint64_t pages_read() const { return pages_read_; }
    [[nodiscard]] const FlashConfig& config() const { return config_; }

  private:
    static constexpr std::uint64_t kNoPage = UINT64_MAX;

    struct Plane {
        Femtoseconds free;
        std::uint64_t page = kNoPage;  ///< in its register
    };

    Femtoseconds accept(Femtoseconds now);
    Femtoseconds read_page(Femtoseconds begin, std::uint64_t page, std::uint64_t bytes);

    FlashConfig config_;
    FlashActivity activity_;
    std::vector<Plane> planes_;
    std::vector<Femtoseconds> bus_free_;
    Femtoseconds link_free_;
    Femtoseconds issue_free_;
    std::priority_queue<Femtoseconds, std::vector<Femtoseconds>, std::greater<>> in_flight_;  ///< completion times
    std::uint64_t pages_read_ = 0;
};

}  // namespace handset
