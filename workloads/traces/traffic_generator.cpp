// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/traffic_generator.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "sim/base/errors.h"
#include "sim/base/splitmix.h"
#include "sim/base/text.h"

namespace handset {

namespace {

constexpr std::uint64_t kLine = 64;
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
constexpr std::uint64_t kStride = 4096;
constexpr std::uint64_t kSeed = 0x12345678;
constexpr std::uint64_t kWriteSeed = 0x77726974;  ///< writes follow another sequence than addresses
/// Streams of the reference set lie 256 MiB apart; "spread" ones two rows of 2 KiB in each of four groups further.
constexpr std::uint64_t kStreamSpacing = std::uint64_t{256} << 20;
constexpr std::uint64_t kStreamSpread = 8192;

std::uint64_t line_of_stream(std::uint64_t i, std::uint64_t streams, std::uint64_t spacing) {
    return (i % streams) * spacing + kLine * (i / streams);
}

/// Steps through [0, span); each further lap starts one request later.
std::uint64_t strided_address(std::uint64_t i, std::uint64_t stride, std::uint64_t size, std::uint64_t span) {
    const std::uint64_t x = i * stride;
    return (x % span + size * (x / span)) % span;
}

std::uint64_t random_address(const TrafficParameters& p, std::uint64_t i) {
    return p.size * (splitmix64(p.seed + i) % (p.span / p.size));
}

bool draws_write(const TrafficParameters& p, std::uint64_t i) {
    return p.write_percent > 0 && splitmix64((p.seed ^ kWriteSeed) + i) % 100 < p.write_percent;
}

void sequential(const TrafficParameters& p, std::uint64_t i, MemoryRequest& request) {
    request.address = i % (p.span / p.size) * p.size;
    request.write = draws_write(p, i);
}

void strided(const TrafficParameters& p, std::uint64_t i, MemoryRequest& request) {
    request.address = strided_address(i, p.stride, p.size, p.span);
    request.write = draws_write(p, i);
}

void random_requests(const TrafficParameters& p, std::uint64_t i, MemoryRequest& request) {
    request.address = random_address(p, i);
    request.write = draws_write(p, i);
}

template <bool kWrite>
void reference_sequential(const TrafficParameters& /*p*/, std::uint64_t i, MemoryRequest& request) {
    request.address = kLine * i;
    request.write = kWrite;
}

template <std::uint64_t kSpacing>
void reference_mix(const TrafficParameters& /*p*/, std::uint64_t i, MemoryRequest& request) {
    request.address = line_of_stream(i, 3, kSpacing);
    request.write = i % 3 == 2;
}

template <std::uint64_t kSpacing>
void reference_streams(const TrafficParameters& /*p*/, std::uint64_t i, MemoryRequest& request) {
    request.address = line_of_stream(i, 4, kSpacing);
    request.write = false;
}

template <bool kWrite>
void reference_random(const TrafficParameters& p, std::uint64_t i, MemoryRequest& request) {
    request.address = random_address(p, i);
    request.write = kWrite;
}

void reference_random_mix(const TrafficParameters& p, std::uint64_t i, MemoryRequest& request) {
    request.address = random_address(p, i);
    request.write = i % 3 == 2;
}

template <std::uint64_t kStride>
void reference_stride(const TrafficParameters& p, std::uint64_t i, MemoryRequest& request) {
    request.address = strided_address(i, kStride, p.size, p.span);
    request.write = false;
}

constexpr std::array kPatterns{
    TrafficPattern{"sequential", "one address after the other", false, sequential},
    TrafficPattern{"strided", "--stride bytes apart; each lap starts one request later", false, strided},
    TrafficPattern{"random", "equally distributed over --span", false, random_requests},
    TrafficPattern{"mixed", "random reads and writes, half of each unless --writes says otherwise", false,
                   random_requests},
    TrafficPattern{"rate_limited", "sequential requests that fall due at --interval or --rate", false, sequential},
    TrafficPattern{"seqrd", "reference: sequential reads", true, reference_sequential<false>},
    TrafficPattern{"seqwr", "reference: sequential writes", true, reference_sequential<true>},
    TrafficPattern{"mix21c", "reference: two read streams and a write stream in one bank", true,
                   reference_mix<kStreamSpacing>},
    TrafficPattern{"mix21s", "reference: two read streams and a write stream in different banks", true,
                   reference_mix<kStreamSpacing + kStreamSpread>},
    TrafficPattern{"rand64", "reference: random reads over 1 GiB", true, reference_random<false>},
    TrafficPattern{"randwr", "reference: the addresses of rand64, written", true, reference_random<true>},
    TrafficPattern{"randmix", "reference: the addresses of rand64, every third written", true, reference_random_mix},
    TrafficPattern{"stride4k", "reference: reads 4 KiB apart", true, reference_stride<4096>},
    TrafficPattern{"stride2k", "reference: reads 2 KiB apart, a row of the reference parts", true,
                   reference_stride<2048>},
    TrafficPattern{"stride32k", "reference: reads 32 KiB apart: one bank, always another row", true,
                   reference_stride<32768>},
    TrafficPattern{"4strc", "reference: four read streams in one bank", true, reference_streams<kStreamSpacing>},
    TrafficPattern{"4strs", "reference: four read streams in different banks", true,
                   reference_streams<kStreamSpacing + kStreamSpread>},
};

class GeneratedTraffic final : public TrafficSource {
  public:
    GeneratedTraffic(const TrafficPattern& pattern, const TrafficParameters& parameters)
        : pattern_(pattern), parameters_(parameters) {}

    bool next(MemoryRequest& request) override {
        if (next_ == parameters_.count) {
            return false;
        }
        pattern_.make(parameters_, next_, request);
        request.size = static_cast<std::uint32_t>(parameters_.size);
        request.timed = parameters_.interval.has_value();
        request.due = request.timed ? *parameters_.interval * next_ : Femtoseconds{};
        ++next_;
        return true;
    }
    [[nodiscard]] std::string where() const override {
        return std::string(pattern_.name) + ", request " + std::to_string(next_ - 1);
    }
    [[nodiscard]] unsigned percent_done() const override {
        return static_cast<unsigned>(static_cast<double>(next_) * 100.0 / static_cast<double>(parameters_.count));
    }

  private:
    const TrafficPattern& pattern_;
    TrafficParameters parameters_;
    std::uint64_t next_ = 0;
};

const TrafficPattern& find_pattern(std::string_view name) {
    std::vector<std::string> known;
    for (const TrafficPattern& pattern : kPatterns) {
        if (pattern.name == name) {
            return pattern;
        }
        known.emplace_back(pattern.name);
    }
    throw ConfigError(unknown_name("generator", name, known));
}

[[noreturn]] void refuse(const TrafficPattern& pattern, const std::string& reason) {
    throw ConfigError(std::string(pattern.name) + ": " + reason);
}

void check_fixed(const TrafficPattern& pattern, const TrafficOptions& options) {
    struct Given {
        bool given;
        const char* name;
    };
    for (const Given& option :
         {Given{options.size.has_value(), "--size"}, Given{options.seed.has_value(), "--seed"},
          Given{options.span.has_value(), "--span"}, Given{options.stride.has_value(), "--stride"},
          Given{options.write_percent.has_value(), "--writes"}}) {
        if (option.given) {
            refuse(pattern, std::string(option.name) + " belongs to the definition of this reference pattern");
        }
    }
}

void check(const TrafficPattern& pattern, const TrafficParameters& p) {
    if (p.count == 0) {
        refuse(pattern, "--count: 0 requests are no traffic");
    }
    if (p.size == 0 || p.size > kLargestRequestBytes) {
        refuse(pattern, "--size: " + std::to_string(p.size) + " B is out of range, expected 1 B to 1 GiB");
    }
    if (p.span < p.size || p.span % p.size != 0) {
        refuse(pattern, "--span: " + std::to_string(p.span) + " B is no multiple of the request size of " +
                            std::to_string(p.size) + " B");
    }
    if (p.stride == 0 || p.stride % p.size != 0) {
        refuse(pattern, "--stride: " + std::to_string(p.stride) + " B is no multiple of the request size of " +
                            std::to_string(p.size) + " B");
    }
    if (p.write_percent > 100) {
        refuse(pattern, "--writes: " + std::to_string(p.write_percent) + " is no percentage");
    }
    // Addresses and due times of the last request have room in 64 bits.
    const std::uint64_t step = std::max({p.stride, p.size, std::uint64_t{32768}, p.interval.value_or(1_fs).count()});
    if (p.count > std::numeric_limits<std::uint64_t>::max() / step) {
        refuse(pattern, "--count: " + std::to_string(p.count) + " requests are too many");
    }
}

}  // namespace

std::span<const TrafficPattern> traffic_catalogue() {
    return kPatterns;
}

std::unique_ptr<TrafficSource> generate_traffic(std::string_view name, const TrafficOptions& options) {
    const TrafficPattern& pattern = find_pattern(name);
    if (pattern.fixed) {
        check_fixed(pattern, options);
    }
    const std::uint64_t size = options.size.value_or(kDefaultRequestBytes);
    TrafficParameters parameters;
    parameters.count = options.count.value_or(100'000);
    parameters.size = size;
    parameters.seed = options.seed.value_or(kSeed);
    // Defaults fit every size; a size of zero is for check() to refuse.
    parameters.span = options.span.value_or(size == 0 ? kGibibyte : kGibibyte / size * size);
    parameters.stride = options.stride.value_or(size == 0 ? kStride : div_ceil(kStride, size) * size);
    parameters.write_percent = options.write_percent.value_or(name == "mixed" ? 50 : 0);
    parameters.interval = options.interval;
    if (name == "rate_limited" && !options.interval) {
        refuse(pattern, "needs --interval or --rate");
    }
    check(pattern, parameters);
    return std::make_unique<GeneratedTraffic>(pattern, parameters);
}

}  // namespace handset
