// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/memory_trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "sim/base/errors.h"
#include "workloads/traces/file_lines.h"

namespace handset {

namespace {

constexpr std::uint64_t kSectorBytes = 512;

constexpr std::array<std::pair<std::string_view, TraceFormat>, 4> kFormats{{{"auto", TraceFormat::automatic},
                                                                            {"ramulator", TraceFormat::ramulator},
                                                                            {"dramsim3", TraceFormat::dramsim3},
                                                                            {"mqsim", TraceFormat::mqsim}}};

/// A line cut at blanks; more words than any format has are counted, not kept.
struct Words {
    std::array<std::string_view, 5> word;
    std::size_t count = 0;

    explicit Words(std::string_view line) {
        std::size_t at = 0;
        while (true) {
            at = line.find_first_not_of(" \t", at);
            if (at == std::string_view::npos) {
                return;
            }
            const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
            if (count < word.size()) {
                word[count] = line.substr(at, end - at);
            }
            ++count;
            at = end;
        }
    }
};

class TraceFile final : public TrafficSource {
  public:
    TraceFile(const std::string& path, const TraceOptions& options)
        : lines_(path), format_(options.format), size_(options.request_size), clock_(options.clock) {}

    bool next(MemoryRequest& request) override {
        std::string_view line;
        while (lines_.next(line)) {
            const Words words(line);
            if (words.count == 0 || words.word[0].front() == '#') {
                continue;
            }
            if (format_ == TraceFormat::automatic) {
                format_ = recognise(words);
            }
            parse(words, request);
            if (request.due < last_due_) {
                fail("the time lies before the one of the previous request");
            }
            last_due_ = request.due;
            any_ = true;
            return true;
        }
        if (!any_) {
            throw ConfigError(lines_.path() + ": holds no request");
        }
        return false;
    }
    [[nodiscard]] std::string where() const override { return lines_.where(); }
    [[nodiscard]] unsigned percent_done() const override { return lines_.percent_done(); }

  private:
    [[noreturn]] void fail(const std::string& reason) const { throw ConfigError(lines_.where() + ": " + reason); }

    [[nodiscard]] TraceFormat recognise(const Words& words) const {
        if (words.word[0] == "LD" || words.word[0] == "ST" || words.word[0] == "R" || words.word[0] == "W") {
            return TraceFormat::ramulator;
        }
        if (words.count == 5) {
            return TraceFormat::mqsim;
        }
        if (words.count == 3) {
            return TraceFormat::dramsim3;
        }
        fail(
            "not a request of any known format (ramulator: LD|ST ADDRESS; dramsim3: ADDRESS READ|WRITE CYCLE; mqsim: "
            "TIME DEVICE SECTOR SECTORS 0|1)");
    }

    void parse(const Words& words, MemoryRequest& request) const {
        switch (format_) {
            case TraceFormat::ramulator:
                parse_ramulator(words, request);
                break;
            case TraceFormat::dramsim3:
                parse_dramsim3(words, request);
                break;
            default:
                parse_mqsim(words, request);
                break;
        }
    }

    void parse_ramulator(const Words& words, MemoryRequest& request) const {
        expect(words, 2, "LD|ST ADDRESS");
        if (words.word[0] == "R" || words.word[0] == "W") {
            fail(
                "read/write traces name bank, row and column of the organisation they were made for: write byte "
                "addresses as LD or ST");
        }
        request.write = either(words.word[0], "ST", "LD");
        request.address = block(number(words.word[1], "address", 10));
        request.size = size_;
        request.timed = false;
        request.due = Femtoseconds{};
    }

    void parse_dramsim3(const Words& words, MemoryRequest& request) const {
        expect(words, 3, "ADDRESS READ|WRITE CYCLE");
        if (clock_ == Femtoseconds{}) {
            fail("cycles mean no time here: the memory has no command clock, so --cycle must name theirs");
        }
        request.address = block(number(words.word[0], "address", 16));
        request.write = words.word[1] == "write" || (words.word[1] != "read" && either(words.word[1], "WRITE", "READ"));
        request.size = size_;
        request.timed = true;
        request.due = clock_ * number(words.word[2], "cycle", 10);
    }

    void parse_mqsim(const Words& words, MemoryRequest& request) const {
        expect(words, 5, "TIME DEVICE SECTOR SECTORS 0|1");
        request.due = Femtoseconds{1'000'000} * number(words.word[0], "time", 10);
        static_cast<void>(number(words.word[1], "device", 10));
        const std::uint64_t sector = number(words.word[2], "sector", 10);
        const std::uint64_t sectors = number(words.word[3], "number of sectors", 10);
        if (sector > std::numeric_limits<std::uint64_t>::max() / kSectorBytes) {
            fail("sector " + quoted(words.word[2]) + " is out of range");
        }
        if (sectors == 0 || sectors > kLargestRequestBytes / kSectorBytes) {
            fail(quoted(words.word[3]) + " sectors are out of range, expected 1 to " +
                 std::to_string(kLargestRequestBytes / kSectorBytes));
        }
        request.address = sector * kSectorBytes;
        request.size = static_cast<std::uint32_t>(sectors * kSectorBytes);
        request.write = either(words.word[4], "0", "1");
        request.timed = true;
    }

    void expect(const Words& words, std::size_t count, const char* form) const {
        if (words.count != count) {
            fail("expected " + std::to_string(count) + " words (" + form + "), got " + std::to_string(words.count));
        }
    }
    /// True for `yes`, false for `no`.
    [[nodiscard]] bool either(std::string_view word, std::string_view yes, std::string_view no) const {
        if (word != yes && word != no) {
            fail("expected " + std::string(no) + " or " + std::string(yes) + ", got " + quoted(word));
        }
        return word == yes;
    }
    [[nodiscard]] std::uint64_t number(std::string_view word, const char* what, int base) const {
        std::string_view digits = word;
        if (digits.starts_with("0x") || digits.starts_with("0X")) {
            digits.remove_prefix(2);
            base = 16;
        }
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
        if (error == std::errc::result_out_of_range) {
            fail(std::string(what) + " " + quoted(word) + " does not fit 64 bits");
        }
        if (error != std::errc{} || end != digits.data() + digits.size()) {
            fail(std::string(what) + " " + quoted(word) + " is no number");
        }
        return value;
    }
    [[nodiscard]] Address block(std::uint64_t address) const { return address - address % size_; }

    FileLines lines_;
    TraceFormat format_;
    std::uint32_t size_;
    Femtoseconds clock_;
    Femtoseconds last_due_;
    bool any_ = false;
};

}  // namespace

std::span<const std::pair<std::string_view, TraceFormat>> enum_names(TraceFormat /*format*/) {
    return kFormats;
}

std::unique_ptr<TrafficSource> open_trace(const std::string& path, const TraceOptions& options) {
    ensure(options.request_size > 0, "requests of no bytes");
    return std::make_unique<TraceFile>(path, options);
}

}  // namespace handset
