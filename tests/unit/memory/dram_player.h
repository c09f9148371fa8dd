// SPDX-License-Identifier: Apache-2.0
// Plays requests through a DramCore as its shell does: in order, at their time, when the queues have room and fewer
// than `window` are in flight. Records completions and commands.
#pragma once

#include <algorithm>
#include <cstdint>
#include <queue>
#include <vector>

#include "hw_models/dram/dram_core.h"

namespace handset {

struct DramPlay {
    Femtoseconds at;
    Address address = 0;
    std::uint64_t size = 0;
    bool write = false;
};

class DramPlayer {
  public:
    explicit DramPlayer(const DramConfig& config) : core(config), commands(config.channels) {
        for (std::uint32_t i = 0; i < config.channels; ++i) {
            core.on_command(i, [this, i](const DramCommand& command) { commands[i].push_back(command); });
        }
    }
    DramPlayer(const DramPlayer&) = delete;
    DramPlayer& operator=(const DramPlayer&) = delete;

    /// Returns after the last command; done[i] and taken[i] belong to the i-th request of all plays.
    void play(const std::vector<DramPlay>& requests, std::size_t window = SIZE_MAX) {
        std::size_t next = 0;
        while (true) {
            core.advance(now);
            collect();
            while (next < requests.size() && requests[next].at <= now && in_flight() < window) {
                const DramPlay& play = requests[next];
                const DramRequest request{play.address, play.size, play.write, static_cast<std::uint32_t>(done.size())};
                if (!core.accepts(request)) {
                    break;
                }
                done.emplace_back(DramCore::kNever);
                taken.push_back(now);
                core.submit(now, request);
                collect();
                ++next;
            }
            Femtoseconds then = core.next_event();
            if (next < requests.size()) {
                if (requests[next].at > now) {
                    then = std::min(then, requests[next].at);
                } else if (in_flight() >= window && !ends_.empty()) {
                    then = std::min(then, ends_.top());
                }
            }
            if (then == DramCore::kNever) {
                return;
            }
            now = std::max(now, then);
        }
    }
    /// One request at its time; returns how long it took.
    Femtoseconds latency(const DramPlay& request) {
        play({request});
        return done.back() - request.at;
    }
    [[nodiscard]] Femtoseconds last() const { return *std::max_element(done.begin(), done.end()); }

    DramCore core;
    Femtoseconds now;
    std::vector<Femtoseconds> done;
    std::vector<Femtoseconds> taken;
    std::vector<std::vector<DramCommand>> commands;  ///< by channel

  private:
    void collect() {
        for (DramCompletion completion; core.take_completion(completion);) {
            done[completion.token] = completion.time;
            ends_.push(completion.time);
        }
    }
    std::size_t in_flight() {
        while (!ends_.empty() && ends_.top() <= now) {
            ends_.pop();
            ++ended_;
        }
        return done.size() - ended_;
    }

    std::priority_queue<Femtoseconds, std::vector<Femtoseconds>, std::greater<>> ends_;
    std::size_t ended_ = 0;
};

}  // namespace handset
