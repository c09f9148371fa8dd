// SPDX-License-Identifier: Apache-2.0
#include "hw_models/flash/ftl.h"

namespace handset {

Ftl::Ftl(const NandGeometry& geometry, const FtlConfig& config)
    : geometry_(geometry), logical_pages_(config.logical_pages(geometry)) {}

void Ftl::preload(std::uint64_t /*first*/, std::uint64_t /*count*/) {}

std::optional<PageAddress> Ftl::locate(std::uint64_t logical_page) const {
    ensure(logical_page < logical_pages_, "logical page beyond the capacity");
    const auto channel = static_cast<std::uint32_t>(logical_page % geometry_.channels);
    std::uint64_t rest = logical_page / geometry_.channels;
    const auto die = static_cast<std::uint32_t>(rest % geometry_.dies);
    rest /= geometry_.dies;
    const auto plane = static_cast<std::uint32_t>(rest % geometry_.planes);
    rest /= geometry_.planes;
    return PageAddress{channel, die, plane, static_cast<std::uint32_t>(rest / geometry_.pages),
                       static_cast<std::uint32_t>(rest % geometry_.pages)};
}

FtlStatus Ftl::read(std::uint64_t logical_page, std::vector<NandOp>& ops) {
    ops.push_back({.command = NandCommand::read, .where = *locate(logical_page)});
    return FtlStatus::ok;
}

FtlStatus Ftl::write(std::uint64_t logical_page, std::vector<NandOp>& ops) {
    ops.push_back({.command = NandCommand::program, .where = *locate(logical_page)});
    return FtlStatus::ok;
}

void Ftl::trim(std::uint64_t logical_page) {
    ensure(logical_page < logical_pages_, "logical page beyond the capacity");
}

}  // namespace handset
