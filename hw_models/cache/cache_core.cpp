// SPDX-License-Identifier: Apache-2.0
#include "hw_models/cache/cache_core.h"

#include <algorithm>
#include <bit>

namespace handset {

namespace {

constexpr std::uint64_t kNoTag = UINT64_MAX;

/// Bits [first, last].
std::uint64_t bit_range(std::uint64_t first, std::uint64_t last) {
    const std::uint64_t up_to = last >= 63 ? ~std::uint64_t{0} : (std::uint64_t{1} << (last + 1)) - 1;
    return up_to & ~((std::uint64_t{1} << first) - 1);
}

void add_range(std::vector<CacheRange>& ranges, Address begin, Address end, std::uint8_t stream = 0) {
    if (!ranges.empty() && ranges.back().address + ranges.back().size == begin && ranges.back().stream == stream) {
        ranges.back().size += end - begin;
    } else {
        ranges.push_back({begin, end - begin, stream});
    }
}

}  // namespace

CacheCore::CacheCore(const CacheConfig& config, Bytes capacity)
    : config_(config),
      rate_(config.rate()),
      line_shift_(static_cast<std::uint32_t>(std::countr_zero(config.line.count()))),
      sector_shift_(static_cast<std::uint32_t>(std::countr_zero(config.sector.count()))),
      sets_(capacity.count() / (config.ways * config.line.count())),
      tags_(sets_ * config.ways, kNoTag),
      lines_(sets_ * config.ways) {}

void CacheCore::clear() {
    std::fill(tags_.begin(), tags_.end(), kNoTag);
    std::fill(lines_.begin(), lines_.end(), Line{});
}

CacheCore::Part CacheCore::part_at(Address address, Address end) const {
    Part part;
    part.line = address >> line_shift_;
    part.begin = address;
    part.end = std::min(end, (part.line + 1) << line_shift_);
    const Address base = part.line << line_shift_;
    const std::uint64_t first = address - base;
    const std::uint64_t last = part.end - base;
    part.touched = bit_range(first >> sector_shift_, (last - 1) >> sector_shift_);
    const std::uint64_t first_whole = (first + config_.sector.count() - 1) >> sector_shift_;
    const std::uint64_t whole_end = last >> sector_shift_;
    part.whole = first_whole < whole_end ? bit_range(first_whole, whole_end - 1) : 0;
    return part;
}

/// Bytes of the part that lie in `sectors`.
std::uint64_t CacheCore::bytes_in(const Part& part, std::uint64_t sectors) const {
    if (sectors == part.touched) {
        return part.end - part.begin;
    }
    const std::uint64_t sector = config_.sector.count();
    const Address base = part.line * config_.line.count();
    std::uint64_t bytes = static_cast<std::uint64_t>(std::popcount(sectors)) * sector;
    const auto first = static_cast<std::uint64_t>(std::countr_zero(part.touched));
    const auto last = 63 - static_cast<std::uint64_t>(std::countl_zero(part.touched));
    if ((sectors >> first & 1) != 0) {
        bytes -= part.begin - (base + first * sector);
    }
    if ((sectors >> last & 1) != 0) {
        bytes -= base + (last + 1) * sector - part.end;
    }
    return bytes;
}

CacheCore::Line* CacheCore::peek(std::uint64_t line) {
    const std::size_t set = line % sets_ * config_.ways;
    for (std::size_t way = set; way < set + config_.ways; ++way) {
        if (tags_[way] == line) {
            return &lines_[way];
        }
    }
    return nullptr;
}

CacheCore::Line* CacheCore::find(std::uint64_t line) {
    Line* const found = peek(line);
    if (found != nullptr) {
        found->used = ++use_;
    }
    return found;
}

CacheCore::Line& CacheCore::allocate(std::uint64_t line, std::uint64_t way_mask) {
    Line* set = &lines_[line % sets_ * config_.ways];
    Line* victim = nullptr;
    for (std::uint32_t way = 0; way < config_.ways; ++way) {
        if ((way_mask >> way & 1) != 0 && (victim == nullptr || set[way].used < victim->used)) {
            victim = &set[way];
        }
    }
    std::uint64_t& tag = tags_[static_cast<std::size_t>(victim - lines_.data())];
    if (victim->dirty != 0) {
        append(outcome_.writebacks, tag, victim->dirty, victim->stream);
    }
    tag = line;
    *victim = {++use_, 0, 0, 0};
    return *victim;
}

/// Adds whole sectors.
void CacheCore::append(std::vector<CacheRange>& ranges, std::uint64_t line, std::uint64_t sectors,
                       std::uint8_t stream) const {
    const Address base = line * config_.line.count();
    const std::uint64_t sector = config_.sector.count();
    while (sectors != 0) {
        const auto first = static_cast<std::uint64_t>(std::countr_zero(sectors));
        const auto run = static_cast<std::uint64_t>(std::countr_one(sectors >> first));
        add_range(ranges, base + first * sector, base + (first + run) * sector, stream);
        sectors &= ~bit_range(first, first + run - 1);
    }
}

/// Adds the bytes of `part` that lie in `sectors`.
void CacheCore::append_clipped(std::vector<CacheRange>& ranges, const Part& part, std::uint64_t sectors) const {
    const Address base = part.line * config_.line.count();
    const std::uint64_t sector = config_.sector.count();
    while (sectors != 0) {
        const auto first = static_cast<std::uint64_t>(std::countr_zero(sectors));
        const auto run = static_cast<std::uint64_t>(std::countr_one(sectors >> first));
        add_range(ranges, std::max(part.begin, base + first * sector),
                  std::min(part.end, base + (first + run) * sector));
        sectors &= ~bit_range(first, first + run - 1);
    }
}

void CacheCore::reset() {
    outcome_.hit_bytes = 0;
    outcome_.filled_bytes = 0;
    outcome_.lines = 0;
    outcome_.below.clear();
    outcome_.writebacks.clear();
}

const CacheOutcome& CacheCore::read(Address address, std::uint64_t size, std::uint64_t way_mask) {
    reset();
    const Address end = address + size;
    while (address < end) {
        const Part part = part_at(address, end);
        address = part.end;
        ++outcome_.lines;
        Line* line = find(part.line);
        const std::uint64_t missing = part.touched & ~(line == nullptr ? 0 : line->valid);
        outcome_.hit_bytes += bytes_in(part, part.touched & ~missing);
        if (missing == 0) {
            continue;
        }
        if (way_mask == 0) {
            append_clipped(outcome_.below, part, missing);
            continue;
        }
        if (line == nullptr) {
            line = &allocate(part.line, way_mask);
        }
        line->valid |= missing;
        outcome_.filled_bytes += static_cast<std::uint64_t>(std::popcount(missing)) * config_.sector.count();
        append(outcome_.below, part.line, missing);
    }
    return outcome_;
}

const CacheOutcome& CacheCore::write(Address address, std::uint64_t size, std::uint64_t way_mask, std::uint8_t stream) {
    reset();
    const Address end = address + size;
    while (address < end) {
        const Part part = part_at(address, end);
        address = part.end;
        ++outcome_.lines;
        Line* line = find(part.line);
        if (way_mask == 0) {
            append_clipped(outcome_.below, part, part.touched);
            if (line != nullptr) {
                line->dirty &= ~part.whole;  // memory now has these bytes
            }
            continue;
        }
        if (line == nullptr && part.whole != 0) {
            line = &allocate(part.line, way_mask);
        }
        const std::uint64_t absorbed = part.whole | (line == nullptr ? 0 : part.touched & line->valid);
        if (line != nullptr) {
            line->valid |= absorbed;
            line->dirty |= absorbed;
            line->stream = absorbed != 0 ? stream : line->stream;
        }
        outcome_.hit_bytes += bytes_in(part, absorbed);
        append_clipped(outcome_.below, part, part.touched & ~absorbed);
    }
    return outcome_;
}

const std::vector<CacheRange>& CacheCore::snoop(Address address, std::uint64_t size, bool invalidate) {
    reset();
    const Address end = address + size;
    while (address < end) {
        const Part part = part_at(address, end);
        address = part.end;
        Line* const line = peek(part.line);
        if (line == nullptr) {
            continue;
        }
        const std::uint64_t dirty = line->dirty & part.touched;
        append(outcome_.writebacks, part.line, invalidate ? dirty & ~part.whole : dirty, line->stream);
        line->dirty &= ~dirty;
        if (invalidate) {
            line->valid &= ~part.touched;
        }
    }
    return outcome_.writebacks;
}

Femtoseconds CacheCore::transfer(Femtoseconds start, std::uint64_t size) {
    port_free_ = std::max(port_free_, start) + duration(Bytes{size}, rate_);
    return port_free_;
}

}  // namespace handset
