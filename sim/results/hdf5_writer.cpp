// SPDX-License-Identifier: Apache-2.0
#include "sim/results/hdf5_writer.h"

#include <algorithm>
#include <filesystem>

#include <hdf5_hl.h>
#include <nlohmann/json.hpp>

#include "sim/base/errors.h"
#include "sim/results/atomic_file.h"
#include "sim/results/hdf5_parts.h"

namespace handset {
namespace {

using h5::check;
using h5::Handle;
using h5::make_group;

void write_ops(hid_t file, const std::vector<OpRecord>& ops) {
    h5::TableWriter table(ops.size());
    table.text("op", [&](std::size_t i) { return std::string_view(ops[i].name); });
    table.number("layer", "", [&](std::size_t i) { return std::int32_t{ops[i].layer}; });
    table.text("kernel", [&](std::size_t i) { return std::string_view(ops[i].kernel); });
    table.text("device", [&](std::size_t i) { return std::string_view(ops[i].device); });
    table.text("phase", [&](std::size_t i) { return std::string_view(ops[i].phase); });
    table.number("step", "", [&](std::size_t i) { return ops[i].step; });
    const auto quantity = [&](const char* name, auto member) {
        using Q = std::remove_cvref_t<decltype(OpRecord{}.*member)>;
        table.number(name, std::string(Q::unit()), [&ops, member](std::size_t i) { return (ops[i].*member).count(); });
    };
    quantity("ready", &OpRecord::ready);
    quantity("start", &OpRecord::start);
    quantity("end", &OpRecord::end);
    quantity("bytes_read", &OpRecord::bytes_read);
    quantity("bytes_written", &OpRecord::bytes_written);
    quantity("macs", &OpRecord::macs);
    quantity("energy", &OpRecord::energy);
    quantity("call_time", &OpRecord::call_time);
    quantity("matrix_time", &OpRecord::matrix_time);
    quantity("vector_time", &OpRecord::vector_time);
    quantity("transfer_time", &OpRecord::transfer_time);
    table.text("mapping", [&](std::size_t i) { return std::string_view(ops[i].mapping); });
    table.write(file, "ops");
}

void write_requests(hid_t file, const std::vector<RequestRecord>& requests) {
    h5::TableWriter table(requests.size());
    table.number("index", "", [&](std::size_t i) { return static_cast<std::uint32_t>(i); });
    table.text("conversation", [&](std::size_t i) { return std::string_view(requests[i].conversation); });
    const auto tokens = [&](const char* name, std::uint32_t RequestRecord::*member) {
        table.number(name, "token", [&requests, member](std::size_t i) { return requests[i].*member; });
    };
    tokens("prompt_tokens", &RequestRecord::prompt_tokens);
    tokens("cached_tokens", &RequestRecord::cached_tokens);
    tokens("prefill_tokens", &RequestRecord::prefill_tokens);
    tokens("output_tokens", &RequestRecord::output_tokens);
    const auto time = [&](const char* name, Femtoseconds RequestRecord::*member) {
        table.number(name, std::string(Femtoseconds::unit()),
                     [&requests, member](std::size_t i) { return (requests[i].*member).count(); });
    };
    time("arrival", &RequestRecord::arrival);
    time("start", &RequestRecord::start);
    time("first_token", &RequestRecord::first_token);
    time("end", &RequestRecord::end);
    table.number("energy", std::string(Femtojoules::unit()), [&](std::size_t i) { return requests[i].energy.count(); });
    table.write(file, "requests");
}

/// The time axis of a group: `time` in seconds, the coordinate that tools label axes with, and the exact `time_fs`.
Handle write_time(hid_t group, const std::vector<Femtoseconds>& axis) {
    std::vector<double> seconds;
    std::vector<std::uint64_t> exact;
    for (const Femtoseconds time : axis) {
        seconds.push_back(to_seconds(time));
        exact.push_back(time.count());
    }
    Handle scale = h5::write_array(group, "time", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, seconds.size(), seconds.data());
    check(H5DSset_scale(scale.id(), "time"), "making a dimension scale");
    h5::write_attribute(scale.id(), "units", std::string_view("s"));
    h5::write_attribute(scale.id(), "long_name", std::string_view("simulated time"));
    const Handle fs = h5::write_array(group, "time_fs", H5T_STD_U64LE, H5T_NATIVE_UINT64, exact.size(), exact.data());
    h5::write_attribute(fs.id(), "units", std::string_view("fs"));
    h5::write_attribute(fs.id(), "long_name", std::string_view("simulated time, exact"));
    check(H5DSattach_scale(fs.id(), scale.id(), 0), "attaching a dimension scale");
    return scale;
}

void write_values(hid_t group, const char* name, const Handle& time, const std::vector<std::uint64_t>& values,
                  std::string_view unit, std::string_view long_name) {
    const Handle data = h5::write_array(group, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, values.size(), values.data());
    h5::write_attribute(data.id(), "units", unit);
    h5::write_attribute(data.id(), "long_name", long_name);
    check(H5DSattach_scale(data.id(), time.id(), 0), "attaching a dimension scale");
}

void require_link_name(const std::string& name) {
    ensure(!name.empty() && name != "." && name.find('/') == std::string::npos && name != "time" && name != "time_fs",
           "'" + name + "' cannot name a series in a result file");
}

void write_series(hid_t file, const std::vector<TimeSeries>& all) {
    const Handle parent = make_group(file, "series");
    for (const TimeSeries& series : all) {
        require_link_name(series.name());
        std::vector<Femtoseconds> axis;
        std::vector<std::uint64_t> values;
        for (const Sample& sample : series.samples()) {
            axis.push_back(sample.time);
            values.push_back(sample.value);
        }
        const Handle group = make_group(parent.id(), series.name().c_str());
        const Handle time = write_time(group.id(), axis);
        write_values(group.id(), "value", time, values, series.unit(), series.name());
    }
}

void write_memory(hid_t file, const std::vector<MemorySeries>& memory) {
    const Handle group = make_group(file, "memory");
    const std::vector<Femtoseconds> axis = memory_time_axis(memory);
    const Handle time = write_time(group.id(), axis);
    for (const MemorySeries& series : memory) {
        require_link_name(series.tag);
        write_values(group.id(), series.tag.c_str(), time, memory_at(series, axis), Bytes::unit(),
                     "memory held by " + series.tag);
    }
}

void write_tokens(hid_t group, const char* name, const std::vector<std::uint32_t>& tokens) {
    (void)h5::write_array(group, name, H5T_STD_U32LE, H5T_NATIVE_UINT32, tokens.size(), tokens.data());
}

/// One row of the table per row that was read.
void write_gathers(hid_t group, const std::vector<GatherDecision>& gathers) {
    std::vector<std::pair<const GatherDecision*, std::uint32_t>> cells;
    for (const GatherDecision& gather : gathers) {
        for (const std::uint32_t row : gather.rows) {
            cells.emplace_back(&gather, row);
        }
    }
    h5::TableWriter table(cells.size());
    table.text("phase", [&](std::size_t i) { return std::string_view(cells[i].first->phase); });
    table.number("step", "", [&](std::size_t i) { return cells[i].first->step; });
    table.text("tensor", [&](std::size_t i) { return std::string_view(cells[i].first->tensor); });
    table.number("row", "", [&](std::size_t i) { return cells[i].second; });
    table.write(group, "gathers");
}

void fill(hid_t file, const RunResult& result) {
    h5::write_attribute(file, "schema", std::string_view("handset run"));
    h5::write_attribute(file, "schema_version", kResultSchemaVersion);
    const Handle run = make_group(file, "run");
    h5::write_attributes(run.id(), result.attributes);
    const Handle config = make_group(file, "config");
    h5::write_text(config.id(), "yaml", result.resolved_yaml);
    h5::write_summary(file, result.summary);
    h5::write_counters(file, result.counters);
    write_ops(file, result.ops);
    if (!result.requests.empty()) {
        write_requests(file, result.requests);
    }
    write_series(file, result.series);
    write_memory(file, result.memory);
    const Handle decisions = make_group(file, "decisions");
    write_tokens(decisions.id(), "prompt_tokens", result.prompt_tokens);
    write_tokens(decisions.id(), "tokens", result.tokens);
    if (!result.gathers.empty()) {
        write_gathers(decisions.id(), result.gathers);
    }
    h5::write_text(file, "text", result.text);
}

}  // namespace

void write_run_result(const std::string& path, const RunResult& result) {
    h5::write_file(path, [&](hid_t file) { fill(file, result); });
}

std::string host_json_path(const std::string& result_path) {
    return std::filesystem::path(result_path).replace_extension(".host.json").string();
}

void write_host_json(const std::string& path, const HostFacts& facts) {
    nlohmann::ordered_json json{{"wall_seconds", facts.wall_seconds},
                                {"peak_memory_bytes", facts.peak_memory_bytes},
                                {"date", facts.date},
                                {"host", facts.host}};
    for (const auto& [key, seconds] : facts.point_seconds) {
        json["point_seconds"][key] = seconds;
    }
    write_file_atomically(path, json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

std::vector<Femtoseconds> memory_time_axis(const std::vector<MemorySeries>& memory) {
    std::vector<Femtoseconds> axis;
    for (const MemorySeries& series : memory) {
        for (const Sample& sample : series.samples) {
            axis.push_back(sample.time);
        }
    }
    std::sort(axis.begin(), axis.end());
    axis.erase(std::unique(axis.begin(), axis.end()), axis.end());
    return axis;
}

std::vector<std::uint64_t> memory_at(const MemorySeries& series, const std::vector<Femtoseconds>& axis) {
    std::vector<std::uint64_t> values;
    values.reserve(axis.size());
    std::uint64_t held = 0;
    auto next = series.samples.begin();
    for (const Femtoseconds time : axis) {
        for (; next != series.samples.end() && next->time <= time; ++next) {
            held = next->value;
        }
        values.push_back(held);
    }
    return values;
}

}  // namespace handset
