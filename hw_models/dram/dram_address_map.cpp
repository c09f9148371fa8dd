// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_address_map.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <vector>

namespace handset {

namespace {

enum Kind : std::uint8_t { kRow, kRank, kBank, kGroup, kChannel, kColumn, kKinds };
constexpr std::array<std::string_view, kKinds> kNames{"row", "rank", "bank", "group", "channel", "column"};

struct Piece {
    Kind kind = kRow;
    std::optional<std::uint32_t> bits;
};

std::uint32_t log2_of(std::uint64_t power) {
    return static_cast<std::uint32_t>(std::countr_zero(power));
}

std::string parse_piece(std::string_view token, Piece& piece) {
    const std::size_t colon = token.find(':');
    const std::string_view name = token.substr(0, colon);
    const auto* const found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
        return "'" + std::string(name) + "' is not one of row, rank, bank, group, channel, column";
    }
    piece.kind = static_cast<Kind>(found - kNames.begin());
    if (colon == std::string_view::npos) {
        return {};
    }
    const std::string_view digits = token.substr(colon + 1);
    std::uint32_t bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > 48) {
        return "'" + std::string(token) + "': the number of bits must be 0 to 48";
    }
    piece.bits = bits;
    return {};
}

std::string parse(std::string_view text, std::vector<Piece>& pieces) {
    while (true) {
        const std::size_t begin = text.find_first_not_of(' ');
        if (begin == std::string_view::npos) {
            return {};
        }
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find(' '), text.size());
        std::string problem = parse_piece(text.substr(0, end), pieces.emplace_back());
        if (!problem.empty()) {
            return problem;
        }
        text.remove_prefix(end);
    }
}

/// Gives the piece of `kind` without a number the bits that its siblings leave of `total`.
std::string complete(std::vector<Piece>& pieces, Kind kind, std::uint32_t total) {
    const std::string name{kNames[kind]};
    std::uint32_t given = 0;
    std::uint32_t count = 0;
    Piece* open = nullptr;
    for (Piece& piece : pieces) {
        if (piece.kind != kind) {
            continue;
        }
        ++count;
        given += piece.bits.value_or(0);
        if (!piece.bits.has_value()) {
            if (open != nullptr) {
                return "only one piece of " + name + " may come without its number of bits";
            }
            open = &piece;
        }
    }
    if (count > 1 && kind != kColumn) {
        return name + " must stand in one piece";
    }
    if (given > total || (open == nullptr && given != total)) {
        return name + " has " + std::to_string(given) + " bits where the geometry has " + std::to_string(total);
    }
    if (open != nullptr) {
        open->bits = total - given;
    }
    return {};
}

}  // namespace

struct DramAddressMap::Layout {
    std::array<Field, kKinds> fields;
    std::vector<Field> columns;  ///< from low to high
};

/// Positions of all fields in the linear address.
std::string DramAddressMap::lay_out(const DramConfig& config, Layout& layout) {
    std::vector<Piece> pieces;
    std::string problem = parse(config.address_map, pieces);
    if (!problem.empty()) {
        return problem;
    }
    const std::uint64_t rows =
        config.capacity.count() / config.row_bytes.count() / config.banks / config.ranks / config.channels;
    const std::array<std::uint32_t, kKinds> totals{
        log2_of(std::bit_ceil(rows)), log2_of(config.ranks),    log2_of(config.banks / config.bank_groups),
        log2_of(config.bank_groups),  log2_of(config.channels), log2_of(config.bursts_per_row())};
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        problem = complete(pieces, static_cast<Kind>(kind), totals[kind]);
        if (!problem.empty()) {
            return problem;
        }
    }
    if (!std::has_single_bit(rows) && (pieces.empty() || pieces.front().kind != kRow)) {
        return "row must come first when the number of rows is not a power of two";
    }
    std::uint32_t shift = log2_of(config.burst_bytes().count());
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
        const Field field{shift, *piece->bits};
        layout.fields[piece->kind] = field;
        if (piece->kind == kColumn && field.bits > 0) {
            layout.columns.push_back(field);
        }
        shift += field.bits;
    }
    return {};
}

std::string DramAddressMap::problem(const DramConfig& config) {
    Layout layout;
    return lay_out(config, layout);
}

DramAddressMap::DramAddressMap(const DramConfig& config)
    : banks_per_group_(config.banks / config.bank_groups),
      bank_groups_(config.bank_groups),
      burst_shift_(log2_of(config.burst_bytes().count())),
      bank_hash_(config.bank_hash) {
    Layout layout;
    const std::string problem = lay_out(config, layout);
    ensure(problem.empty(), problem);
    channel_ = layout.fields[kChannel];
    if (channel_.bits == 0) {
        channel_.shift = burst_shift_;
    }
    const auto within_channel = [&](Field field) {
        if (field.shift > channel_.shift) {
            field.shift -= channel_.bits;
        }
        return field;
    };
    rank_ = within_channel(layout.fields[kRank]);
    bank_ = within_channel(layout.fields[kBank]);
    group_ = within_channel(layout.fields[kGroup]);
    row_ = within_channel(layout.fields[kRow]);
    for (const Field& column : layout.columns) {
        columns_.push_back(within_channel(column));
    }
    unit_shift_ = 63;
    for (const Field& field : {rank_, bank_, row_}) {
        if (field.bits > 0) {
            unit_shift_ = std::min(unit_shift_, field.shift);
        }
    }
    groups_inside_ = group_.bits > 0 && group_.shift < unit_shift_;
    if (group_.bits > 0 && !groups_inside_) {
        unit_shift_ = std::min(unit_shift_, group_.shift);
    }
}

/// Row bits that are XORed into the flat index bank:group.
std::uint32_t DramAddressMap::hash(std::uint64_t row) const {
    if (bank_hash_ == BankHash::none) {
        return 0;
    }
    std::uint64_t folded = row;
    if (bank_hash_ == BankHash::all_rows) {
        const std::uint32_t width = std::max(bank_.bits + group_.bits, 1U);
        for (std::uint64_t rest = row >> width; rest != 0; rest >>= width) {
            folded ^= rest;
        }
    }
    return static_cast<std::uint32_t>(folded & ((std::uint64_t{1} << (bank_.bits + group_.bits)) - 1));
}

DramRun DramAddressMap::run_at(std::uint64_t local, std::uint64_t end) const {
    DramRun run;
    run.row = row_.of(local);
    run.rank = rank_.of(local);
    const std::uint32_t mixed = hash(run.row);
    run.group = group_.of(local);
    run.hash = mixed & (bank_groups_ - 1);
    run.bank = bank_.of(local) ^ (mixed >> group_.bits);
    const std::uint64_t stop = std::min(end, (local >> unit_shift_ << unit_shift_) + (std::uint64_t{1} << unit_shift_));
    run.bursts = static_cast<std::uint32_t>((stop - local) >> burst_shift_);
    if (groups_inside_) {
        const std::uint64_t chunks = ((stop - 1) >> group_.shift) - (local >> group_.shift) + 1;
        run.groups = static_cast<std::uint32_t>(std::min<std::uint64_t>(chunks, bank_groups_));
    }
    return run;
}

DramCoordinates DramAddressMap::locate(Address address) const {
    DramCoordinates where;
    where.channel = channel_.of(address);
    const std::uint64_t local = local_address(where.channel, address);
    const std::uint64_t burst = local >> burst_shift_ << burst_shift_;
    const DramRun run = run_at(burst, burst + (std::uint64_t{1} << burst_shift_));
    where.rank = run.rank;
    where.row = run.row;
    where.bank = (run.group ^ run.hash) * banks_per_group_ + run.bank;
    std::uint32_t filled = burst_shift_;
    where.column = static_cast<std::uint32_t>(local - burst);
    for (const Field& column : columns_) {
        where.column |= column.of(local) << filled;
        filled += column.bits;
    }
    return where;
}

}  // namespace handset
