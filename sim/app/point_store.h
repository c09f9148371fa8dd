// SPDX-License-Identifier: Apache-2.0
// Results of finished points on disk, one small JSON file each, in a folder beside the result that they will make up:
// what finished survives a crash of the sweep, of a point or of the computer. One process writes at a time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/results/sweep_result.h"

namespace handset {

struct StoredPoint {
    PointOutcome outcome;
    double host_seconds = 0;

    friend bool operator==(const StoredPoint&, const StoredPoint&) = default;
};

class PointStore {
  public:
    /// "OUT.h5.points" for "OUT.h5".
    static std::string folder_of(const std::string& result);

    /// Makes the folder; throws ConfigError when that fails or another process works on it. `build` names the program:
    /// points of another one are not taken up.
    PointStore(const std::string& result, std::string build);
    PointStore(const PointStore&) = delete;
    PointStore& operator=(const PointStore&) = delete;
    ~PointStore();

    /// Durable when it returns. Throws ConfigError "cannot write ...".
    void write(const std::string& key, const StoredPoint& point) const;
    /// What an earlier attempt left.
    void erase(const std::string& key) const;
    [[nodiscard]] bool holds(const std::string& key) const;
    /// None when there is no such file, or it is of another build, another schema version or damaged.
    [[nodiscard]] std::optional<StoredPoint> read(const std::string& key) const;
    /// All that are readable, by key.
    [[nodiscard]] std::map<std::string, StoredPoint> read_all() const;
    /// Removes the folder with all points: they are in the result now.
    void remove();
    /// For a forked child: the lock stays with the parent.
    void forget_lock();

  private:
    [[nodiscard]] std::string file_of(const std::string& key) const;

    std::string folder_;
    std::string build_;
    int lock_ = -1;
};

}  // namespace handset
