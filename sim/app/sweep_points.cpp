// SPDX-License-Identifier: Apache-2.0
#include "sim/app/sweep_points.h"

#include <numeric>
#include <set>
#include <utility>

#include "sim/base/errors.h"
#include "sim/base/splitmix.h"
#include "sim/base/text.h"

namespace handset {

namespace {

constexpr std::size_t kMaxPoints = 1'000'000;
constexpr std::uint64_t kAxisSeedStep = 0x61786973;  ///< keeps the axes of a sample independent

/// One dimension of the grid: parameters that change together.
struct Dimension {
    std::vector<SweepAxis> axes;
    std::vector<std::vector<std::string>> values;  ///< per axis, equally many

    [[nodiscard]] std::size_t size() const { return values.front().size(); }
};

using Position = std::vector<std::size_t>;  ///< an index per dimension

Dimension dimension_of(const AxisConfig& axis, std::uint32_t points) {
    Dimension dimension;
    const std::vector<AxisRange> ranges = axis.zip.empty() ? std::vector<AxisRange>{axis.range} : axis.zip;
    for (const AxisRange& range : ranges) {
        std::vector<std::string> values = values_of(range, points);
        if (!dimension.values.empty() && values.size() != dimension.size()) {
            throw ConfigError("zip: '" + range.path + "' has " + std::to_string(values.size()) + " values, '" +
                              ranges.front().path + "' has " + std::to_string(dimension.size()));
        }
        dimension.axes.push_back(axis_of(range.path, values));
        dimension.values.push_back(std::move(values));
    }
    return dimension;
}

std::uint64_t below(std::uint64_t random, std::uint64_t limit) {
    return static_cast<std::uint64_t>((static_cast<Wide>(random) * limit) >> 64);
}

class Expansion {
  public:
    explicit Expansion(const SweepConfig& sweep) : sample_(sweep.sample) {
        std::vector<std::string> problems;
        const auto attempt = [&problems](const auto& step) {
            try {
                step();
            } catch (const ConfigError& error) {
                problems.emplace_back(error.what());
            }
        };
        for (const AxisConfig& axis : sweep.axes) {
            attempt([&] { dimensions_.push_back(dimension_of(axis, sweep.sample.points)); });
        }
        for (std::size_t d = 0; d < dimensions_.size(); ++d) {
            grid_.axes.insert(grid_.axes.end(), dimensions_[d].axes.begin(), dimensions_[d].axes.end());
            grid_.dimensions.resize(grid_.axes.size(), d);
        }
        for (const std::string& condition : sweep.when) {
            attempt([&] { conditions_.emplace_back(condition, grid_.axes); });
        }
        if (!problems.empty()) {
            throw ConfigError(join(problems, "\n"));
        }
    }

    SweepGrid run() {
        switch (sample_.method) {
            case SampleChoice::grid:
                add_all();
                break;
            case SampleChoice::random:
                add_random();
                break;
            case SampleChoice::latin_hypercube:
                add_hypercube();
                break;
        }
        if (grid_.points.empty()) {
            throw ConfigError("no point is left: 'when' excludes all");
        }
        return std::move(grid_);
    }

  private:
    void add(const Position& position) {
        std::vector<std::string> texts;
        std::vector<AxisValue> values;
        for (std::size_t d = 0; d < dimensions_.size(); ++d) {
            for (std::size_t axis = 0; axis < dimensions_[d].axes.size(); ++axis) {
                texts.push_back(dimensions_[d].values[axis][position[d]]);
                values.push_back(axis_value(dimensions_[d].axes[axis], texts.back()));
            }
        }
        for (const Condition& condition : conditions_) {
            if (!condition.holds(values)) {
                return;
            }
        }
        grid_.points.push_back(std::move(texts));
    }

    void add_all() {
        std::size_t total = 1;
        for (const Dimension& dimension : dimensions_) {
            if (dimension.size() > kMaxPoints / total) {
                throw ConfigError("the axes have more than a million combinations, take a sample");
            }
            total *= dimension.size();
        }
        Position position(dimensions_.size());
        for (std::size_t i = 0; i < total; ++i) {
            std::size_t rest = i;
            for (std::size_t d = dimensions_.size(); d-- > 0;) {
                position[d] = rest % dimensions_[d].size();
                rest /= dimensions_[d].size();
            }
            add(position);
        }
    }

    /// Different combinations, drawn until there are enough or luck runs out.
    void add_random() {
        constexpr std::size_t kTriesPerPoint = 1000;
        std::set<Position> seen;
        std::uint64_t state = sample_.seed;
        for (std::size_t tries = 0; grid_.points.size() < sample_.points; ++tries) {
            if (tries == kTriesPerPoint * sample_.points) {
                throw ConfigError("the axes have fewer than " + std::to_string(sample_.points) +
                                  " combinations that meet the conditions");
            }
            Position position;
            for (const Dimension& dimension : dimensions_) {
                position.push_back(static_cast<std::size_t>(below(splitmix64(state), dimension.size())));
                state += kSplitMixStep;
            }
            if (seen.insert(position).second) {
                add(position);
            }
        }
    }

    void add_hypercube() {
        std::vector<std::vector<std::size_t>> columns;
        for (std::size_t d = 0; d < dimensions_.size(); ++d) {
            columns.push_back(stratified(sample_.points, dimensions_[d].size(), sample_.seed + d * kAxisSeedStep));
        }
        Position position(dimensions_.size());
        for (std::size_t i = 0; i < sample_.points; ++i) {
            for (std::size_t d = 0; d < dimensions_.size(); ++d) {
                position[d] = columns[d][i];
            }
            add(position);
        }
    }

    SampleConfig sample_;
    std::vector<Dimension> dimensions_;
    std::vector<Condition> conditions_;
    SweepGrid grid_;
};

}  // namespace

std::vector<std::size_t> stratified(std::size_t count, std::size_t levels, std::uint64_t seed) {
    std::vector<std::size_t> strata(count);
    std::iota(strata.begin(), strata.end(), std::size_t{0});
    std::uint64_t state = seed;
    for (std::size_t left = count; left > 1; --left) {  // Fisher and Yates
        std::swap(strata[left - 1], strata[static_cast<std::size_t>(below(splitmix64(state), left))]);
        state += kSplitMixStep;
    }
    for (std::size_t& stratum : strata) {
        stratum = stratum * levels / count;
    }
    return strata;
}

SweepGrid expand(const SweepConfig& sweep) {
    return Expansion(sweep).run();
}

}  // namespace handset
