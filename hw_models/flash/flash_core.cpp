// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/flash_core.h"

#include <algorithm>
#include <string>

namespace handset {

FlashCore::FlashCore(const FlashConfig& config)
    : config_(config),
      planes_(std::size_t{config.channels} * config.dies * config.planes),
      bus_free_(config.channels) {}

/// When the device starts on a command: a queue slot, then the interface, then firmware.
Femtoseconds FlashCore::accept(Femtoseconds now) {
    while (!in_flight_.empty() && in_flight_.top() <= now) {
        in_flight_.pop();
    }
    if (in_flight_.size() >= config_.queue_depth) {
        now = in_flight_.top();
        in_flight_.pop();
    }
    issue_free_ = std::max(issue_free_, now) + config_.t_issue;
    return issue_free_ + config_.t_firmware;
}

/// When `bytes` of a page have left the channel bus.
Femtoseconds FlashCore::read_page(Femtoseconds begin, std::uint64_t page, std::uint64_t bytes) {
    const std::size_t channel = page % config_.channels;
    Plane& plane = planes_[page % planes_.size()];
    Femtoseconds ready = std::max(begin, plane.free);
    if (plane.page != page) {
        plane.page = page;
        ready += config_.t_read;
        ++pages_read_;
    }
    bus_free_[channel] = std::max(bus_free_[channel], ready) + duration(Bytes{bytes}, config_.bus_rate);
    plane.free = bus_free_[channel];
    return plane.free;
}

Femtoseconds FlashCore::read(Femtoseconds now, Address address, std::uint64_t size) {
    if (size == 0 || address >= config_.capacity.count() || size > config_.capacity.count() - address) {
        throw ModelError("flash read outside the capacity: address " + std::to_string(address) + ", " +
                         std::to_string(size) + " B");
    }
    const Femtoseconds begin = accept(now);
    const std::uint64_t page_bytes = config_.page.count();
    const Address end = address + size;
    while (address < end) {
        const std::uint64_t page = address / page_bytes;
        const std::uint64_t bytes = std::min(end, (page + 1) * page_bytes) - address;
        const Femtoseconds out = read_page(begin, page, bytes);
        link_free_ = std::max(link_free_, out) + duration(Bytes{bytes}, config_.link_rate());
        address += bytes;
    }
    in_flight_.push(link_free_);
    return link_free_;
}

Femtoseconds FlashCore::submit(Femtoseconds now, const FlashRequest& request) {
    ++activity_.commands;
    const std::uint64_t before = pages_read_;
    const Femtoseconds done =
        request.command == FlashCommand::read ? read(now, request.address, request.size) : accept(now);
    activity_.pages_read += pages_read_ - before;
    activity_.link_bytes += Bytes{request.size};
    return done;
}

}  // namespace handset
