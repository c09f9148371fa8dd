// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/request_trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <string_view>
#include <utility>

#include "sim/base/errors.h"
#include "sim/base/text.h"
#include "workloads/traces/file_lines.h"

namespace handset {

namespace {

enum class Column : std::uint8_t { prompt, output, arrival, date, conversation };

constexpr std::array<std::pair<std::string_view, Column>, 7> kColumns{{{"prompt_tokens", Column::prompt},
                                                                       {"output_tokens", Column::output},
                                                                       {"arrival", Column::arrival},
                                                                       {"conversation", Column::conversation},
                                                                       {"ContextTokens", Column::prompt},
                                                                       {"GeneratedTokens", Column::output},
                                                                       {"TIMESTAMP", Column::date}}};

/// A moment as the file gives it; seconds since 1970 would not fit femtoseconds.
struct Moment {
    std::uint64_t seconds = 0;
    std::uint64_t fraction = 0;  ///< fs

    auto operator<=>(const Moment&) const = default;
};

struct Cell {
    std::string_view text;
    std::size_t column = 1;  ///< of its first character
};

std::vector<Cell> cells_of(std::string_view line) {
    std::vector<Cell> cells;
    std::size_t begin = 0;
    while (true) {
        const std::size_t comma = std::min(line.find(',', begin), line.size());
        std::size_t first = begin;
        std::size_t last = comma;
        while (first < last && (line[first] == ' ' || line[first] == '\t')) {
            ++first;
        }
        while (last > first && (line[last - 1] == ' ' || line[last - 1] == '\t')) {
            --last;
        }
        cells.push_back({line.substr(first, last - first), first + 1});
        if (comma == line.size()) {
            return cells;
        }
        begin = comma + 1;
    }
}

std::optional<std::uint64_t> digits(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional(value) : std::nullopt;
}

/// Femtoseconds of the digits behind a decimal point, at most 15.
std::optional<std::uint64_t> fraction(std::string_view text) {
    constexpr std::size_t kDecimals = 15;
    std::optional<std::uint64_t> value = text.size() <= kDecimals ? digits(text) : std::nullopt;
    for (std::size_t i = text.size(); value.has_value() && i < kDecimals; ++i) {
        *value *= 10;
    }
    return value;
}

std::optional<Moment> seconds_of(std::string_view text) {
    const std::size_t point = text.find('.');
    const std::optional<std::uint64_t> whole = digits(text.substr(0, point));
    const std::optional<std::uint64_t> rest =
        point == std::string_view::npos ? std::optional<std::uint64_t>(0) : fraction(text.substr(point + 1));
    return whole && rest ? std::optional(Moment{*whole, *rest}) : std::nullopt;
}

/// Days from 0000-03-01 to a date of the Gregorian calendar.
std::uint64_t days_of(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
    const std::uint64_t y = month > 2 ? year : year - 1;
    const std::uint64_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;
}

/// "2023-11-16 18:17:03.9799600"
std::optional<Moment> date_of(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00 00:00:";
    if (text.size() < kForm.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) {
            return std::nullopt;
        }
    }
    const auto part = [&](std::size_t at, std::size_t size) { return digits(text.substr(at, size)).value_or(0); };
    std::optional<Moment> moment = seconds_of(text.substr(kForm.size()));
    const std::uint64_t month = part(5, 2);
    const std::uint64_t day = part(8, 2);
    const std::uint64_t hour = part(11, 2);
    const std::uint64_t minute = part(14, 2);
    const bool sound = moment.has_value() && moment->seconds < 61 && part(0, 4) > 0 && month >= 1 && month <= 12 &&
                       day >= 1 && day <= 31 && hour < 24 && minute < 60;
    if (!sound) {
        return std::nullopt;
    }
    moment->seconds += (days_of(part(0, 4), month, day) * 24 + hour) * 3600 + minute * 60;
    return moment;
}

class RequestTrace {
  public:
    RequestTrace(const std::string& path, const RequestTraceOptions& options) : lines_(path), options_(options) {}

    std::vector<TracedRequest> read() {
        std::vector<TracedRequest> requests;
        std::string_view line;
        std::uint64_t seen = 0;
        while ((options_.limit == 0 || requests.size() < options_.limit) && lines_.next(line)) {
            if (line.find_first_not_of(" \t") == std::string_view::npos || line.front() == '#') {
                continue;
            }
            if (columns_.empty()) {
                read_header(line);
                continue;
            }
            TracedRequest request = parse(line);
            if (seen++ >= options_.from) {
                request.arrival = time_ ? std::optional(arrival()) : std::nullopt;
                requests.push_back(std::move(request));
            }
        }
        if (requests.empty()) {
            throw ConfigError(lines_.path() + ": holds no request" +
                              (seen > 0 ? " behind the first " + std::to_string(options_.from) : ""));
        }
        return requests;
    }

  private:
    [[noreturn]] void fail(const Cell& cell, const std::string& reason) const {
        throw ConfigError(lines_.where() + ":" + std::to_string(cell.column) + ": " + reason);
    }

    void read_header(std::string_view line) {
        constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
        line.remove_prefix(line.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
        for (const Cell& cell : cells_of(line)) {
            const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                            [&cell](const auto& entry) { return entry.first == cell.text; });
            if (found == kColumns.end()) {
                std::vector<std::string> known;
                std::transform(kColumns.begin(), kColumns.end(), std::back_inserter(known),
                               [](const auto& entry) { return std::string(entry.first); });
                fail(cell, unknown_name("column", quoted_name(cell.text), known));
            }
            if (has(found->second)) {
                fail(cell, "the column '" + std::string(cell.text) + "' is there twice");
            }
            columns_.push_back(found->second);
        }
        for (const auto& [column, name] :
             {std::pair(Column::prompt, "prompt_tokens"), std::pair(Column::output, "output_tokens")}) {
            if (!has(column)) {
                fail({}, "there is no column '" + std::string(name) + "'");
            }
        }
        if (has(Column::arrival) && has(Column::date)) {
            fail({}, "there are two columns of times");
        }
    }

    [[nodiscard]] bool has(Column column) const {
        return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
    }

    /// A name for a message that quotes it itself.
    static std::string quoted_name(std::string_view text) {
        const std::string in_quotes = quoted(text);
        return in_quotes.substr(1, in_quotes.size() - 2);
    }

    TracedRequest parse(std::string_view line) {
        const std::vector<Cell> cells = cells_of(line);
        if (cells.size() != columns_.size()) {
            fail(cells.back(),
                 "expected " + std::to_string(columns_.size()) + " values, got " + std::to_string(cells.size()));
        }
        TracedRequest request;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            switch (columns_[i]) {
                case Column::prompt:
                    request.prompt_tokens = tokens(cells[i]);
                    break;
                case Column::output:
                    request.output_tokens = tokens(cells[i]);
                    break;
                case Column::conversation:
                    request.conversation = name(cells[i]);
                    break;
                case Column::arrival:
                    take_time(cells[i], seconds_of(cells[i].text), "a number of seconds");
                    break;
                case Column::date:
                    take_time(cells[i], date_of(cells[i].text), "a time such as 2023-11-16 18:17:03.9799600");
                    break;
            }
        }
        return request;
    }

    [[nodiscard]] std::uint32_t tokens(const Cell& cell) const {
        std::uint64_t value = 0;
        const char* const end = cell.text.data() + cell.text.size();
        const auto [stop, error] = std::from_chars(cell.text.data(), end, value);
        if (stop != end || error == std::errc::invalid_argument) {
            fail(cell, "expected a number of tokens, got " + quoted(cell.text));
        }
        if (error == std::errc::result_out_of_range || value == 0 || value > kMostRequestTokens) {
            fail(cell,
                 quoted(cell.text) + " tokens are out of range, expected 1 to " + std::to_string(kMostRequestTokens));
        }
        return static_cast<std::uint32_t>(value);
    }

    [[nodiscard]] std::string name(const Cell& cell) const {
        if (cell.text.starts_with('"')) {
            fail(cell, "quoted fields are not understood");
        }
        return std::string(cell.text);
    }

    void take_time(const Cell& cell, const std::optional<Moment>& moment, const std::string& expected) {
        if (!moment.has_value()) {
            fail(cell, "expected " + expected + ", got " + quoted(cell.text));
        }
        if (time_.has_value() && *moment < *time_) {
            fail(cell, "the request arrives before the one above it");
        }
        time_ = moment;
        time_cell_ = cell.column;
    }

    /// Of the last line, after the first request taken.
    Femtoseconds arrival() {
        first_ = first_.value_or(*time_);
        const std::uint64_t latest = kLatestArrival.count() / kFemtosecondsPerSecond;
        const std::uint64_t seconds = time_->seconds - first_->seconds;
        bool late = seconds > latest;
        std::uint64_t time = late ? 0 : seconds * kFemtosecondsPerSecond + time_->fraction - first_->fraction;
        if (!late && options_.scale_arrivals != 1.0) {
            const double scaled = static_cast<double>(time) * options_.scale_arrivals;
            late = scaled > static_cast<double>(kLatestArrival.count());
            time = late ? 0 : static_cast<std::uint64_t>(std::llround(scaled / 1e6)) * 1'000'000;  // whole ns
        }
        if (late || time > kLatestArrival.count()) {
            fail({{}, time_cell_},
                 "the request arrives more than " + std::to_string(latest) + " s after the first one taken");
        }
        return Femtoseconds{time};
    }

    FileLines lines_;
    RequestTraceOptions options_;
    std::vector<Column> columns_;
    std::optional<Moment> time_;   // of the last line
    std::optional<Moment> first_;  // of the first request taken
    std::size_t time_cell_ = 1;
};

}  // namespace

std::vector<TracedRequest> read_request_trace(const std::string& path, const RequestTraceOptions& options) {
    return RequestTrace(path, options).read();
}

}  // namespace handset
