// SPDX-License-Identifier: Apache-2.0
// The way of a command from the host into the controller: queue slot, issuing core under the lock of the one queue,
// link, firmware core. The completion work of the issuing core is charged together with its issue. Not modelled:
// several hardware queues, interrupt coalescing.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "hw_models/flash/controller_config.h"
#include "hw_models/flash/flash_request.h"

namespace handset {

class CommandPath {
  public:
    CommandPath(const FlashHostConfig& host, const FlashLinkConfig& link, const FlashControllerConfig& controller);

    /// When the command of a request made now reaches the controller.
    Femtoseconds issue(Femtoseconds now, const FlashRequest& request);
    /// When a firmware core takes up a command that arrives then and works on it for `time`.
    Femtoseconds firmware(Femtoseconds arrival, Femtoseconds time);
    /// The host sees this command completed at `done`; its queue slot is free from then on.
    void complete(Femtoseconds done) { in_flight_.push(done); }

  private:
    FlashHostConfig host_;
    Femtoseconds link_time_;
    Femtoseconds issue_free_;
    std::uint32_t holder_ = UINT32_MAX;  ///< core that had the queue last
    std::vector<Femtoseconds> cores_;    ///< firmware cores are free from
    std::priority_queue<Femtoseconds, std::vector<Femtoseconds>, std::greater<>> in_flight_;
};

}  // namespace handset
