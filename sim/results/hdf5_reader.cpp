// SPDX-License-Identifier: Apache-2.0
#include "sim/results/hdf5_reader.h"

#include <array>
#include <filesystem>
#include <limits>
#include <system_error>

#include "sim/base/errors.h"
#include "sim/results/hdf5_table.h"

namespace handset {
namespace {

using h5::check;
using h5::Failure;
using h5::Handle;

struct Source {
    hid_t file = H5I_INVALID_HID;
    std::uint64_t size = 0;  ///< of the file, bounds every allocation
};

std::string without_padding(std::string text) {
    text.resize(text.find_last_not_of('\0') == std::string::npos ? 0 : text.find_last_not_of('\0') + 1);
    return text;
}

/// A fixed-length string attribute; `fallback` kinds of attributes are errors, as every writer of ours makes strings.
std::string read_text_attribute(const Handle& attribute, const std::string& name, const Source& source) {
    const Handle type(H5Aget_type(attribute.id()), H5Tclose, "reading attribute '" + name + "'");
    const Handle space(H5Aget_space(attribute.id()), H5Sclose, "reading attribute '" + name + "'");
    const std::size_t size = H5Tget_size(type.id());
    if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 ||
        H5Sget_simple_extent_npoints(space.id()) != 1 || size > source.size) {
        throw Failure("attribute '" + name + "' is not a fixed-length string");
    }
    std::string text(size, '\0');
    check(H5Aread(attribute.id(), type.id(), text.data()), "reading attribute '" + name + "'");
    return without_padding(std::move(text));
}

std::string text_attribute(hid_t object, const char* name, const Source& source) {
    const hid_t id = H5Aopen(object, name, H5P_DEFAULT);
    if (id < 0) {
        throw Failure("attribute '" + std::string(name) + "' is missing");
    }
    return read_text_attribute(Handle(id, H5Aclose, name), name, source);
}

void require_schema(const Source& source) {
    if (H5Aexists(source.file, "schema_version") <= 0) {
        throw Failure("is an HDF5 file but not a handset result (no attribute 'schema_version')");
    }
    const Handle attribute(H5Aopen(source.file, "schema_version", H5P_DEFAULT), H5Aclose, "reading 'schema_version'");
    const Handle type(H5Aget_type(attribute.id()), H5Tclose, "reading 'schema_version'");
    const Handle space(H5Aget_space(attribute.id()), H5Sclose, "reading 'schema_version'");
    std::int64_t version = 0;
    if (H5Tget_class(type.id()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.id()) != 1) {
        throw Failure("attribute 'schema_version' is not an integer");
    }
    check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &version), "reading 'schema_version'");
    if (version != kResultSchemaVersion) {
        throw Failure("has schema version " + std::to_string(version) + ", this program reads version " +
                      std::to_string(kResultSchemaVersion));
    }
}

Handle open_group(hid_t parent, const std::string& name) {
    const hid_t id = H5Gopen2(parent, name.c_str(), H5P_DEFAULT);
    if (id < 0) {
        throw Failure("group '" + name + "' is missing or unreadable");
    }
    return {id, H5Gclose, name};
}

std::vector<std::pair<std::string, std::string>> read_attributes(const Source& source) {
    const Handle group = open_group(source.file, "run");
    H5O_info_t info{};
    check(H5Oget_info2(group.id(), &info, H5O_INFO_NUM_ATTRS), "listing the attributes of 'run'");
    std::vector<std::pair<std::string, std::string>> out;
    for (hsize_t i = 0; i < info.num_attrs; ++i) {
        const Handle attribute(
            H5Aopen_by_idx(group.id(), ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
            "listing the attributes of 'run'");
        const ssize_t length = check(H5Aget_name(attribute.id(), 0, nullptr), "reading an attribute name");
        std::string name(static_cast<std::size_t>(length) + 1, '\0');
        check(H5Aget_name(attribute.id(), name.size(), name.data()), "reading an attribute name");
        name.pop_back();
        std::string value = read_text_attribute(attribute, name, source);
        out.emplace_back(std::move(name), std::move(value));
    }
    return out;
}

std::string read_text(const Source& source, const std::string& name) {
    std::size_t elements = 0;
    const Handle dataset = h5::open_dataset(source.file, name, source.size, elements);
    const Handle type(H5Dget_type(dataset.id()), H5Tclose, "reading the type of '" + name + "'");
    if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 || elements != 1) {
        throw Failure("dataset '" + name + "' is not one fixed-length string");
    }
    std::string text(H5Tget_size(type.id()), '\0');
    check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), "reading '" + name + "'");
    return without_padding(std::move(text));
}

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

std::vector<SummaryMetric> read_summary(const Source& source) {
    const h5::TableReader table(source.file, "summary", source.size);
    const auto names = table.text("metric");
    const auto units = table.text("unit");
    const auto values = table.reals("value");
    std::vector<SummaryMetric> out(table.rows());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = {names[i], units[i], values[i]};
    }
    return out;
}

CounterKind counter_kind(const std::string& name) {
    for (const CounterKind kind : {CounterKind::sum, CounterKind::peak, CounterKind::level}) {
        if (name == counter_kind_name(kind)) {
            return kind;
        }
    }
    throw Failure("table 'counters' has a counter of unknown kind '" + name + "'");
}

Snapshot read_counters(const Source& source) {
    const h5::TableReader table(source.file, "counters", source.size);
    const auto paths = table.text("path");
    const auto units = table.text("unit");
    const auto kinds = table.text("kind");
    const auto values = table.integers("value");
    Snapshot out(table.rows());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = {paths[i], units[i], counter_kind(kinds[i]), values[i]};
        if (i > 0 && paths[i] <= paths[i - 1]) {
            throw Failure("table 'counters' is not sorted by path, or names '" + paths[i] + "' twice");
        }
    }
    return out;
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

/// Link names in the order they were made; by name when the file did not record that order.
std::vector<std::string> links_of(const Handle& group) {
    H5G_info_t info{};
    check(H5Gget_info(group.id(), &info), "listing a group");
    std::vector<std::string> names;
    for (const H5_index_t index : {H5_INDEX_CRT_ORDER, H5_INDEX_NAME}) {
        names.clear();
        for (hsize_t i = 0; i < info.nlinks; ++i) {
            const ssize_t length = H5Lget_name_by_idx(group.id(), ".", index, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
            if (length < 0) {
                break;
            }
            std::string name(static_cast<std::size_t>(length) + 1, '\0');
            check(H5Lget_name_by_idx(group.id(), ".", index, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT),
                  "listing a group");
            name.pop_back();
            names.push_back(std::move(name));
        }
        if (names.size() == info.nlinks) {
            return names;
        }
    }
    throw Failure("a group cannot be listed");
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
    const Handle parent = open_group(source.file, "series");
    std::vector<TimeSeries> out;
    for (const std::string& name : links_of(parent)) {
        const Handle group = open_group(parent.id(), name);
        const std::vector<Femtoseconds> axis = read_axis(group, "series/" + name, source);
        const std::vector<std::uint64_t> values = read_values(group, "value", axis.size(), source);
        std::size_t elements = 0;
        const Handle dataset = h5::open_dataset(group.id(), "value", source.size, elements);
        TimeSeries& series = out.emplace_back(name, text_attribute(dataset.id(), "units", source));
        for (std::size_t i = 0; i < axis.size(); ++i) {
            series.record(axis[i], values[i]);
        }
    }
    return out;
}

std::vector<MemorySeries> read_memory(const Source& source) {
    const Handle group = open_group(source.file, "memory");
    const std::vector<Femtoseconds> axis = read_axis(group, "memory", source);
    std::vector<MemorySeries> out;
    for (const std::string& name : links_of(group)) {
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
    require_schema(source);
    RunResult result;
    result.attributes = read_attributes(source);
    result.resolved_yaml = read_text(source, "config/yaml");
    result.summary = read_summary(source);
    result.counters = read_counters(source);
    result.ops = read_ops(source);
    result.series = read_series(source);
    result.memory = read_memory(source);
    result.prompt_tokens =
        read_integers<std::uint32_t>(source.file, "decisions/prompt_tokens", H5T_NATIVE_UINT32, source);
    result.tokens = read_integers<std::uint32_t>(source.file, "decisions/tokens", H5T_NATIVE_UINT32, source);
    result.gathers = read_gathers(source);
    result.text = read_text(source, "text");
    return result;
}

}  // namespace

RunResult read_run_result(const std::string& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) {
        throw ConfigError("cannot read " + path + ": " + error.message());
    }
    const h5::QuietErrors quiet;
    if (H5Fis_hdf5(path.c_str()) <= 0) {
        throw ConfigError(path + ": is not an HDF5 file");
    }
    const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0) {
        throw ConfigError(path + ": is a damaged or truncated HDF5 file");
    }
    const Handle file(id, H5Fclose, "opening the file");
    try {
        return read_all({id, size});
    } catch (const Failure& failure) {
        throw ConfigError(path + ": " + failure.what());
    }
}

}  // namespace handset
