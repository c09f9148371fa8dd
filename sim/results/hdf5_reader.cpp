// SPDX-License-Identifier: Apache-2.0
#include "sim/results/hdf5_reader.h"

#include <array>
#include <filesystem>
#include <limits>
#include <system_error>

#include "sim/base/errors.h"
#include "sim/results/hdf5_parts.h"

namespace handset {
namespace {

using h5::check;
using h5::Failure;
using h5::Handle;
using h5::Source;

template <class T>
std::vector<T> read_integers(hid_t parent, const std::string& name, hid_t memory_type, const Source& source) {
    std::size_t elements = 0;
    const Handle dataset = h5::open_dataset(parent, name, source.size, elements);
    const Handle type(H5Dget_type(dataset.id()), H5Tclose, "reading the type of '" + name + "'");
    if (H5Tget_class(type.id()) != H5T_INTEGER) {
        throw Failure("dataset '" + name + "' does not hold integers");
    }
    std::vector<T> values(elements);
    if (elements > 0) {
        check(H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
              "reading '" + name + "'");
    }
    return values;
}

std::vector<std::uint64_t> read_u64(hid_t parent, const std::string& name, const Source& source) {
    return read_integers<std::uint64_t>(parent, name, H5T_NATIVE_UINT64, source);
}

std::vector<OpRecord> read_ops(const Source& source) {
    const h5::TableReader table(source.file, "ops", source.size);
    std::vector<OpRecord> ops(table.rows());
    const auto text = [&](const char* column, std::string OpRecord::*member) {
        auto cells = table.text(column);
        for (std::size_t i = 0; i < ops.size(); ++i) {
            ops[i].*member = std::move(cells[i]);
        }
    };
    const auto quantity = [&](const char* column, auto member) {
        const auto cells = table.integers(column);
        for (std::size_t i = 0; i < ops.size(); ++i) {
            ops[i].*member = std::remove_cvref_t<decltype(ops[i].*member)>{cells[i]};
        }
    };
    text("op", &OpRecord::name);
    text("kernel", &OpRecord::kernel);
    text("device", &OpRecord::device);
    text("phase", &OpRecord::phase);
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
    text("mapping", &OpRecord::mapping);
    const auto layers = table.signed_integers("layer");
    const auto steps = table.integers("step");
    for (std::size_t i = 0; i < ops.size(); ++i) {
        ops[i].layer = layers[i];
        ops[i].step = static_cast<std::uint32_t>(steps[i]);
        if (ops[i].end < ops[i].start || ops[i].start < ops[i].ready) {
            throw Failure("op '" + ops[i].name + "' does not run from ready over start to end");
        }
    }
    return ops;
}

/// Runs of one prompt have no such table.
std::vector<RequestRecord> read_requests(const Source& source) {
    if (H5Lexists(source.file, "requests", H5P_DEFAULT) <= 0) {
        return {};
    }
    const h5::TableReader table(source.file, "requests", source.size);
    std::vector<RequestRecord> requests(table.rows());
    const auto tokens = [&](const char* column, std::uint32_t RequestRecord::*member) {
        const auto cells = table.integers(column);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            requests[i].*member = static_cast<std::uint32_t>(cells[i]);
        }
    };
    const auto quantity = [&](const char* column, auto member) {
        const auto cells = table.integers(column);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            requests[i].*member = std::remove_cvref_t<decltype(requests[i].*member)>{cells[i]};
        }
    };
    tokens("prompt_tokens", &RequestRecord::prompt_tokens);
    tokens("cached_tokens", &RequestRecord::cached_tokens);
    tokens("prefill_tokens", &RequestRecord::prefill_tokens);
    tokens("output_tokens", &RequestRecord::output_tokens);
    quantity("arrival", &RequestRecord::arrival);
    quantity("start", &RequestRecord::start);
    quantity("first_token", &RequestRecord::first_token);
    quantity("end", &RequestRecord::end);
    quantity("energy", &RequestRecord::energy);
    auto conversations = table.text("conversation");
    for (std::size_t i = 0; i < requests.size(); ++i) {
        RequestRecord& request = requests[i];
        request.conversation = std::move(conversations[i]);
        if (request.start < request.arrival || request.first_token < request.start ||
            request.end < request.first_token) {
            throw Failure("request " + std::to_string(i) + " does not run from arrival over start to end");
        }
    }
    return requests;
}

std::vector<Femtoseconds> read_axis(const Handle& group, const std::string& where, const Source& source) {
    std::vector<Femtoseconds> axis;
    for (const std::uint64_t time : read_u64(group.id(), "time_fs", source)) {
        if (!axis.empty() && time <= axis.back().count()) {
            throw Failure("the time axis of '" + where + "' does not grow");
        }
        axis.emplace_back(time);
    }
    return axis;
}

std::vector<std::uint64_t> read_values(const Handle& group, const std::string& name, std::size_t expected,
                                       const Source& source) {
    std::vector<std::uint64_t> values = read_u64(group.id(), name, source);
    if (values.size() != expected) {
        throw Failure("dataset '" + name + "' is not as long as its time axis");
    }
    return values;
}

std::vector<TimeSeries> read_series(const Source& source) {
    const Handle parent = h5::open_group(source.file, "series");
    std::vector<TimeSeries> out;
    for (const std::string& name : h5::links_of(parent)) {
        const Handle group = h5::open_group(parent.id(), name);
        const std::vector<Femtoseconds> axis = read_axis(group, "series/" + name, source);
        const std::vector<std::uint64_t> values = read_values(group, "value", axis.size(), source);
        std::size_t elements = 0;
        const Handle dataset = h5::open_dataset(group.id(), "value", source.size, elements);
        TimeSeries& series = out.emplace_back(name, h5::text_attribute(dataset.id(), "units", source));
        for (std::size_t i = 0; i < axis.size(); ++i) {
            series.record(axis[i], values[i]);
        }
    }
    return out;
}

std::vector<MemorySeries> read_memory(const Source& source) {
    const Handle group = h5::open_group(source.file, "memory");
    const std::vector<Femtoseconds> axis = read_axis(group, "memory", source);
    std::vector<MemorySeries> out;
    for (const std::string& name : h5::links_of(group)) {
        if (name == "time" || name == "time_fs") {
            continue;
        }
        const std::vector<std::uint64_t> values = read_values(group, name, axis.size(), source);
        MemorySeries& series = out.emplace_back();
        series.tag = name;
        for (std::size_t i = 0; i < axis.size(); ++i) {
            if (i == 0 || values[i] != values[i - 1]) {
                series.samples.push_back({axis[i], values[i]});
            }
        }
    }
    return out;
}

/// Rows of the table that follow one another belong to one decision. Runs without such decisions have no table.
std::vector<GatherDecision> read_gathers(const Source& source) {
    std::vector<GatherDecision> out;
    if (H5Lexists(source.file, "decisions/gathers", H5P_DEFAULT) <= 0) {
        return out;
    }
    const h5::TableReader table(source.file, "decisions/gathers", source.size);
    const auto phases = table.text("phase");
    const auto steps = table.integers("step");
    const auto tensors = table.text("tensor");
    const auto rows = table.integers("row");
    for (std::size_t i = 0; i < table.rows(); ++i) {
        const GatherDecision key{phases[i], static_cast<std::uint32_t>(steps[i]), tensors[i], {}};
        if (out.empty() || out.back().phase != key.phase || out.back().step != key.step ||
            out.back().tensor != key.tensor) {
            out.push_back(key);
        }
        out.back().rows.push_back(static_cast<std::uint32_t>(rows[i]));
    }
    return out;
}

RunResult read_all(const Source& source) {
    h5::require_schema_name(source, "handset run");
    RunResult result;
    result.attributes = h5::read_attributes(source, "run");
    result.resolved_yaml = h5::read_text(source, "config/yaml");
    result.summary = h5::read_summary(source, "summary");
    result.counters = h5::read_counters(source, "counters");
    result.ops = read_ops(source);
    result.requests = read_requests(source);
    result.series = read_series(source);
    result.memory = read_memory(source);
    result.prompt_tokens =
        read_integers<std::uint32_t>(source.file, "decisions/prompt_tokens", H5T_NATIVE_UINT32, source);
    result.tokens = read_integers<std::uint32_t>(source.file, "decisions/tokens", H5T_NATIVE_UINT32, source);
    result.gathers = read_gathers(source);
    result.text = h5::read_text(source, "text");
    return result;
}

}  // namespace

RunResult read_run_result(const std::string& path) {
    RunResult result;
    h5::read_file(path, [&](const Source& source) { result = read_all(source); });
    return result;
}

}  // namespace handset
