// SPDX-License-Identifier: Apache-2.0
#include "sim/results/hdf5_parts.h"

#include <filesystem>
#include <limits>
#include <system_error>

#include "sim/base/errors.h"
#include "sim/results/atomic_file.h"

namespace handset::h5 {
namespace {

constexpr std::size_t kImageGrowth = std::size_t{1} << 20;

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

std::int64_t integer_attribute(hid_t object, const char* name) {
    const std::string quoted = "'" + std::string(name) + "'";
    const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, "reading " + quoted);
    const Handle type(H5Aget_type(attribute.id()), H5Tclose, "reading " + quoted);
    const Handle space(H5Aget_space(attribute.id()), H5Sclose, "reading " + quoted);
    std::int64_t value = 0;
    if (H5Tget_class(type.id()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.id()) != 1) {
        throw Failure("attribute " + quoted + " is not an integer");
    }
    check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), "reading " + quoted);
    return value;
}

void require_schema(const Source& source) {
    if (H5Aexists(source.file, "schema_version") <= 0) {
        throw Failure("is an HDF5 file but not a handset result (no attribute 'schema_version')");
    }
    const std::int64_t version = integer_attribute(source.file, "schema_version");
    if (version != kResultSchemaVersion) {
        throw Failure("has schema version " + std::to_string(version) + ", this program reads version " +
                      std::to_string(kResultSchemaVersion));
    }
}

CounterKind counter_kind(const std::string& name) {
    for (const CounterKind kind : {CounterKind::sum, CounterKind::peak, CounterKind::level}) {
        if (name == counter_kind_name(kind)) {
            return kind;
        }
    }
    throw Failure("table 'counters' has a counter of unknown kind '" + name + "'");
}

std::string compose(const std::function<void(hid_t)>& fill) {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file properties");
    check(H5Pset_fapl_core(access.id(), kImageGrowth, false), "choosing the memory driver");
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "file properties");
    check(H5Pset_obj_track_times(creation.id(), false), "file properties");
    const Handle file(H5Fcreate("run.h5", H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose, "creating the file");
    fill(file.id());
    check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), "flushing the file");
    const ssize_t size = check(H5Fget_file_image(file.id(), nullptr, 0), "sizing the file");
    std::string image(static_cast<std::size_t>(size), '\0');
    check(H5Fget_file_image(file.id(), image.data(), image.size()), "reading the file back");
    return image;
}

}  // namespace

Handle make_group(hid_t parent, const char* name) {
    const Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "group properties");
    check(H5Pset_obj_track_times(properties.id(), false), "group properties");
    check(H5Pset_link_creation_order(properties.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
          "group properties");
    check(H5Pset_attr_creation_order(properties.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
          "group properties");
    return {H5Gcreate2(parent, name, H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose,
            std::string("creating group '") + name + "'"};
}

void write_summary(hid_t parent, const std::vector<SummaryMetric>& rows) {
    TableWriter table(rows.size());
    table.text("metric", [&](std::size_t i) { return std::string_view(rows[i].name); });
    table.text("unit", [&](std::size_t i) { return std::string_view(rows[i].unit); });
    table.number("value", "", [&](std::size_t i) { return rows[i].value; });
    table.write(parent, "summary");
}

void write_counters(hid_t parent, const Snapshot& rows) {
    TableWriter table(rows.size());
    table.text("path", [&](std::size_t i) { return std::string_view(rows[i].path); });
    table.text("unit", [&](std::size_t i) { return std::string_view(rows[i].unit); });
    table.text("kind", [&](std::size_t i) { return counter_kind_name(rows[i].kind); });
    table.number("value", "", [&](std::size_t i) { return rows[i].value; });
    table.write(parent, "counters");
}

void write_attributes(hid_t group, const Attributes& attributes) {
    for (const auto& [name, value] : attributes) {
        write_attribute(group, name.c_str(), std::string_view(value));
    }
}

void write_file(const std::string& path, const std::function<void(hid_t)>& fill) {
    // Opened first: a path that cannot be written must not cost the work of composing the file.
    AtomicFile out(path);
    try {
        const QuietErrors quiet;
        out.write(compose(fill));
    } catch (const Failure& failure) {
        throw ConfigError("cannot write " + path + ": " + failure.what());
    }
    out.commit();
}

std::string schema_of(const Source& source) {
    return text_attribute(source.file, "schema", source);
}

void require_schema_name(const Source& source, std::string_view name) {
    const std::string found = schema_of(source);
    if (found != name) {
        throw Failure("is a '" + found + "', expected a '" + std::string(name) + "'");
    }
}

std::uint32_t number_attribute(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0) {
        throw Failure("attribute '" + std::string(name) + "' is missing");
    }
    const std::int64_t value = integer_attribute(object, name);
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
        throw Failure("attribute '" + std::string(name) + "' is out of range");
    }
    return static_cast<std::uint32_t>(value);
}

std::string text_attribute(hid_t object, const char* name, const Source& source) {
    const hid_t id = H5Aopen(object, name, H5P_DEFAULT);
    if (id < 0) {
        throw Failure("attribute '" + std::string(name) + "' is missing");
    }
    return read_text_attribute(Handle(id, H5Aclose, name), name, source);
}

Handle open_group(hid_t parent, const std::string& name) {
    const hid_t id = H5Gopen2(parent, name.c_str(), H5P_DEFAULT);
    if (id < 0) {
        throw Failure("group '" + name + "' is missing or unreadable");
    }
    return {id, H5Gclose, name};
}

Attributes read_attributes(const Source& source, const std::string& name_of_group) {
    const Handle group = open_group(source.file, name_of_group);
    H5O_info_t info{};
    check(H5Oget_info2(group.id(), &info, H5O_INFO_NUM_ATTRS), "listing attributes");
    std::vector<std::pair<std::string, std::string>> out;
    for (hsize_t i = 0; i < info.num_attrs; ++i) {
        const Handle attribute(
            H5Aopen_by_idx(group.id(), ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
            "listing attributes");
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
    const Handle dataset = open_dataset(source.file, name, source.size, elements);
    const Handle type(H5Dget_type(dataset.id()), H5Tclose, "reading the type of '" + name + "'");
    if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 || elements != 1) {
        throw Failure("dataset '" + name + "' is not one fixed-length string");
    }
    std::string text(H5Tget_size(type.id()), '\0');
    check(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), "reading '" + name + "'");
    return without_padding(std::move(text));
}

std::vector<SummaryMetric> read_summary(const Source& source, const std::string& name) {
    const TableReader table(source.file, name, source.size);
    const auto names = table.text("metric");
    const auto units = table.text("unit");
    const auto values = table.reals("value");
    std::vector<SummaryMetric> out(table.rows());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = {names[i], units[i], values[i]};
    }
    return out;
}

Snapshot read_counters(const Source& source, const std::string& name) {
    const TableReader table(source.file, name, source.size);
    const auto paths = table.text("path");
    const auto units = table.text("unit");
    const auto kinds = table.text("kind");
    const auto values = table.integers("value");
    Snapshot out(table.rows());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = {paths[i], units[i], counter_kind(kinds[i]), values[i]};
        if (i > 0 && paths[i] <= paths[i - 1]) {
            throw Failure("table '" + name + "' is not sorted by path, or names '" + paths[i] + "' twice");
        }
    }
    return out;
}

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

void read_file(const std::string& path, const std::function<void(const Source&)>& read) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) {
        throw ConfigError("cannot read " + path + ": " + error.message());
    }
    const QuietErrors quiet;
    if (H5Fis_hdf5(path.c_str()) <= 0) {
        throw ConfigError(path + ": is not an HDF5 file");
    }
    const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (id < 0) {
        throw ConfigError(path + ": is a damaged or truncated HDF5 file");
    }
    const Handle file(id, H5Fclose, "opening the file");
    try {
        const Source source{id, size};
        require_schema(source);
        read(source);
    } catch (const Failure& failure) {
        throw ConfigError(path + ": " + failure.what());
    }
}

}  // namespace handset::h5
