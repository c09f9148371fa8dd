// SPDX-License-Identifier: Apache-2.0
#include "sim/app/point_store.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "sim/base/errors.h"
#include "sim/results/atomic_file.h"

namespace handset {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSuffix = ".json";

/// JSON has no word for what is not a number.
Json number(double value) {
    return value == value && value - value == 0 ? Json(value) : Json(nullptr);
}

Json to_json(const std::string& key, const std::string& build, const StoredPoint& point) {
    Json json{{"handset_point", kResultSchemaVersion},
              {"key", key},
              {"build", build},
              {"exit_code", point.outcome.code},
              {"error", point.outcome.error},
              {"host_seconds", point.host_seconds},
              {"summary", Json::array()},
              {"counters", Json::array()}};
    for (const SummaryMetric& metric : point.outcome.summary) {
        json["summary"].push_back({metric.name, metric.unit, number(metric.value)});
    }
    for (const CounterValue& row : point.outcome.counters) {
        json["counters"].push_back({row.path, row.unit, static_cast<int>(row.kind), row.value});
    }
    return json;
}

/// Throws what the JSON library throws when the text is not laid out as to_json() does.
StoredPoint from_json(const Json& json) {
    StoredPoint point;
    point.outcome.code = json.at("exit_code").get<int>();
    point.outcome.error = json.at("error").get<std::string>();
    point.host_seconds = json.at("host_seconds").get<double>();
    for (const Json& row : json.at("summary")) {
        const double value = row.at(2).is_null() ? std::numeric_limits<double>::quiet_NaN() : row.at(2).get<double>();
        point.outcome.summary.push_back({row.at(0).get<std::string>(), row.at(1).get<std::string>(), value});
    }
    for (const Json& row : json.at("counters")) {
        point.outcome.counters.push_back({row.at(0).get<std::string>(), row.at(1).get<std::string>(),
                                          static_cast<CounterKind>(row.at(2).get<int>()),
                                          row.at(3).get<std::uint64_t>()});
    }
    return point;
}

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
    throw ConfigError("cannot write " + path + ": " + reason);
}

}  // namespace

std::string PointStore::folder_of(const std::string& result) {
    return result + ".points";
}

PointStore::PointStore(const std::string& result, std::string build)
    : folder_(folder_of(result)), build_(std::move(build)) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) {
        fail(folder_, error.message());
    }
    const std::string lock_file = folder_ + "/lock";
    lock_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0) {
        fail(lock_file, std::generic_category().message(errno));
    }
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        (void)::close(lock_);
        throw ConfigError("another handset works on '" + folder_ + "'");
    }
}

PointStore::~PointStore() {
    forget_lock();
}

void PointStore::forget_lock() {
    if (lock_ >= 0) {
        (void)::close(std::exchange(lock_, -1));
    }
}

std::string PointStore::file_of(const std::string& key) const {
    return folder_ + "/" + key + kSuffix;
}

void PointStore::write(const std::string& key, const StoredPoint& point) const {
    const Json json = to_json(key, build_, point);
    write_file_atomically(file_of(key), json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void PointStore::erase(const std::string& key) const {
    std::error_code ignored;
    std::filesystem::remove(file_of(key), ignored);
}

bool PointStore::holds(const std::string& key) const {
    std::error_code ignored;
    return std::filesystem::exists(file_of(key), ignored);
}

std::optional<StoredPoint> PointStore::read(const std::string& key) const {
    std::ifstream stream(file_of(key), std::ios::binary);
    if (!stream) {
        return std::nullopt;
    }
    try {
        const Json json = Json::parse(stream);
        if (json.at("handset_point") != kResultSchemaVersion || json.at("build") != build_ || json.at("key") != key) {
            return std::nullopt;
        }
        return from_json(json);
    } catch (const Json::exception&) {
        return std::nullopt;  // a damaged file costs one run, not the sweep
    }
}

std::map<std::string, StoredPoint> PointStore::read_all() const {
    std::map<std::string, StoredPoint> points;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
        if (entry.path().extension() == kSuffix) {
            const std::string key = entry.path().stem().string();
            if (std::optional<StoredPoint> point = read(key)) {
                points.emplace(key, *std::move(point));
            }
        }
    }
    return points;
}

void PointStore::remove() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    forget_lock();
}

}  // namespace handset
