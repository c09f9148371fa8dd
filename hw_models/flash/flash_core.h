// SPDX-License-Identifier: Apache-2.0
// Timing of managed flash: the host's command queue, link, firmware, translation layer, read-ahead, write cache and the
// NAND array behind them. Data crosses the link page by page as it leaves the array (store and forward per page), pages
// of a command in any order. Reads of boosted pages take main-area times. Not modelled: background checks, thermal
// limits.
#pragma once

#include <cstdint>
#include <vector>

#include "hw_models/flash/command_path.h"
#include "hw_models/flash/flash_config.h"
#include "hw_models/flash/flash_request.h"
#include "hw_models/flash/ftl.h"
#include "hw_models/flash/nand_array.h"
#include "hw_models/flash/read_buffer.h"
#include "hw_models/flash/reservations.h"
#include "hw_models/flash/write_path.h"

namespace handset {

/// How a command ended. Status is ok, uncorrectable or read_only.
struct FlashDone {
    Femtoseconds time;  ///< the host sees it completed
    FtlStatus status = FtlStatus::ok;
};

class FlashCore {
  public:
    /// `config` has passed check(), nested ones too.
    explicit FlashCore(const FlashConfig& config);
    FlashCore(const FlashCore&) = delete;
    FlashCore& operator=(const FlashCore&) = delete;
    FlashCore(FlashCore&&) = delete;
    FlashCore& operator=(FlashCore&&) = delete;
    ~FlashCore() = default;

    /// Calls come in time order; more than queue_depth commands in flight wait for a slot. A write completes when the
    /// cache has taken it, a flush when all writes before it are programmed. What the cache took may still fail: a
    /// write that ended ok is kept for sure when the next flush ends ok (without a cache: at once). A flush fails when
    /// anything taken since the last one was lost, a write also when that came to light meanwhile. Throws ModelError
    /// outside the capacity.
    FlashDone submit(Femtoseconds now, const FlashRequest& request);

    /// What happened since the last call.
    FlashActivity take_activity();

    /// How long the device was awake until `now`, which is not before the last call of submit().
    [[nodiscard]] Femtoseconds awake_time(Femtoseconds now) const;

    [[nodiscard]] const FlashConfig& config() const { return config_; }

  private:
    /// The part of a command in one page.
    struct Piece {
        std::uint64_t page = 0;
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        Femtoseconds ready;
    };

    void check_range(const FlashRequest& request) const;
    void split(const FlashRequest& request);
    Femtoseconds wake(Femtoseconds now);
    FlashDone read(Femtoseconds arrival, const FlashRequest& request);
    FlashDone write(Femtoseconds arrival);
    FlashDone flush(Femtoseconds arrival);
    Femtoseconds trim(Femtoseconds arrival);
    FtlStatus read_piece(Femtoseconds at, Piece& piece, bool stream);
    void read_ahead(Femtoseconds at, std::uint64_t page);
    FtlStatus sense(Femtoseconds at, std::uint64_t page, Bytes bytes, Femtoseconds& ready);
    void run_batch();

    FlashConfig config_;
    CommandPath path_;
    NandArray array_;
    Ftl ftl_;
    WritePath writes_;
    ReadBuffer buffer_;
    StreamTable streams_;
    Reservations to_host_;
    Reservations to_device_;
    Femtoseconds last_end_;      ///< of all commands so far
    Femtoseconds awake_before_;  ///< awake in total before awake_from_
    Femtoseconds awake_from_;
    Femtoseconds awake_until_;
    FlashActivity activity_;  ///< counts that are not the array's
    NandActivity taken_;      ///< of the array, at the last take_activity()
    FtlActivity taken_ftl_;   ///< of the translation layer, likewise
    WriteLosses taken_losses_;
    WriteLosses flushed_;  ///< losses up to the last flush

    std::vector<Piece> pieces_;
    std::vector<NandOp> ops_;
    std::vector<NandStep> batch_;  ///< reads that begin together
    std::vector<Femtoseconds*> batch_ready_;
    Femtoseconds batch_begin_;
};

}  // namespace handset
