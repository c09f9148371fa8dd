// SPDX-License-Identifier: Apache-2.0
#include "sim/results/timeline_writer.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/results/atomic_file.h"
#include "sim/results/hdf5_writer.h"

namespace handset {
namespace {

constexpr std::uint64_t kFemtosecondsPerNanosecond = 1'000'000;

std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::uint64_t nanoseconds(Femtoseconds time) {
    return time.count() / kFemtosecondsPerNanosecond;
}

/// Microseconds with the nanoseconds as decimals, exact where a double would round.
std::string microseconds(std::uint64_t ns) {
    return fmt::format("{}.{:03}", ns / 1000, ns % 1000);
}

/// Separates events by commas; the array is closed by finish().
class EventStream {
  public:
    explicit EventStream(const std::string& path) : file_(path) {
        file_.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    }
    void add(std::string_view event) {
        file_.write(first_ ? "\n" : ",\n");
        first_ = false;
        file_.write(event);
    }
    void finish() {
        file_.write("\n]}\n");
        file_.commit();
    }

  private:
    AtomicFile file_;
    bool first_ = true;
};

/// Process ids count from 1 in the order in which tracks were declared.
std::vector<std::uint32_t> process_ids(const Timeline& timeline, std::vector<std::string>& processes) {
    std::map<std::string, std::uint32_t> known;
    std::vector<std::uint32_t> ids;
    for (const auto& [process, name] : timeline.tracks()) {
        const auto [entry, added] = known.try_emplace(process, static_cast<std::uint32_t>(known.size() + 1));
        if (added) {
            processes.push_back(process);
        }
        ids.push_back(entry->second);
    }
    return ids;
}

void write_process_name(EventStream& out, std::size_t pid, const std::string& name) {
    out.add(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", pid, quoted(name)));
    out.add(fmt::format(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})", pid, pid));
}

void write_slices(EventStream& out, const Timeline& timeline, const std::vector<std::uint32_t>& pids) {
    std::vector<std::string> names;
    for (const std::string& name : timeline.names()) {
        names.push_back(quoted(name));
    }
    std::vector<std::size_t> order(timeline.slices().size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const Timeline::Slice& left = timeline.slices()[a];
        const Timeline::Slice& right = timeline.slices()[b];
        return std::tie(left.begin, left.track, left.end) < std::tie(right.begin, right.track, right.end);
    });
    for (const std::size_t index : order) {
        const Timeline::Slice& slice = timeline.slices()[index];
        // Both ends are rounded the same way, so that neighbours on a track still do not overlap.
        const std::uint64_t begin = nanoseconds(slice.begin);
        const std::uint64_t length = nanoseconds(slice.end) - begin;
        out.add(fmt::format(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{}}})", pids.at(slice.track),
                            slice.track + 1, microseconds(begin), microseconds(length), names.at(slice.name)));
    }
}

void write_memory(EventStream& out, std::size_t pid, const std::vector<MemorySeries>& memory) {
    const std::vector<Femtoseconds> axis = memory_time_axis(memory);
    std::vector<std::string> tags;
    std::vector<std::vector<std::uint64_t>> values;
    for (const MemorySeries& series : memory) {
        tags.push_back(quoted(series.tag));
        values.push_back(memory_at(series, axis));
    }
    for (std::size_t i = 0; i < axis.size(); ++i) {
        std::string args;
        for (std::size_t tag = 0; tag < tags.size(); ++tag) {
            args += fmt::format("{}{}:{}", tag == 0 ? "" : ",", tags[tag], values[tag][i]);
        }
        out.add(fmt::format(R"({{"ph":"C","pid":{},"ts":{},"name":"bytes","args":{{{}}}}})", pid,
                            microseconds(nanoseconds(axis[i])), args));
    }
}

}  // namespace

void write_timeline(const std::string& path, const Timeline& timeline, const std::vector<MemorySeries>& memory) {
    EventStream out(path);
    std::vector<std::string> processes;
    const std::vector<std::uint32_t> pids = process_ids(timeline, processes);
    for (std::size_t i = 0; i < processes.size(); ++i) {
        write_process_name(out, i + 1, processes[i]);
    }
    for (std::size_t track = 0; track < pids.size(); ++track) {
        out.add(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})", pids[track],
                            track + 1, quoted(timeline.tracks()[track].second)));
    }
    write_slices(out, timeline, pids);
    if (!memory.empty()) {
        const std::size_t pid = processes.size() + 1;
        write_process_name(out, pid, "memory");
        write_memory(out, pid, memory);
    }
    out.finish();
}

}  // namespace handset
