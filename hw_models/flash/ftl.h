// SPDX-License-Identifier: Apache-2.0
// Flash translation layer of a managed NAND device: page map, allocation striped over channels, dies and planes,
// garbage collection, wear levelling, bad blocks. Decides which array operations happen, not how long they take.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw_models/flash/ftl_config.h"
#include "hw_models/flash/nand_geometry.h"

namespace handset {

enum class FtlStatus : std::uint8_t {
    ok,
    unmapped,       ///< read of a page that was never written or is trimmed: nothing to sense
    uncorrectable,  ///< ECC failed after the last retry
    read_only,      ///< no spare blocks left: the write did not happen, everything acknowledged stays readable
};

class Ftl {
  public:
    /// `config` has passed check() and check_geometry().
    Ftl(const NandGeometry& geometry, const FtlConfig& config);

    /// Pages the host sees. Logical pages beyond them are ModelErrors in every call.
    [[nodiscard]] std::uint64_t logical_pages() const { return logical_pages_; }

    /// Content that lies on the device from the start; costs no memory per page. Only before the first write.
    void preload(std::uint64_t first, std::uint64_t count);

    /// The calls below append the array operations in the order in which they must start.
    FtlStatus read(std::uint64_t logical_page, std::vector<NandOp>& ops);
    FtlStatus write(std::uint64_t logical_page, std::vector<NandOp>& ops);
    void trim(std::uint64_t logical_page);

    [[nodiscard]] std::optional<PageAddress> locate(std::uint64_t logical_page) const;

  private:
    NandGeometry geometry_;
    std::uint64_t logical_pages_ = 0;
};

}  // namespace handset
