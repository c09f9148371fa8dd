// SPDX-License-Identifier: Apache-2.0
#include "sim/results/hdf5_table.h"

#include <algorithm>
#include <cstring>

namespace handset::h5 {
namespace {

constexpr std::size_t kRowsPerChunk = 4096;
constexpr std::size_t kCompressFromBytes = 4096;  // below, chunk index and filter cost more than they save
constexpr unsigned kDeflateLevel = 4;
// Deflate cannot shrink data by more than 1032:1, so a header that claims more than that lies.
constexpr std::uint64_t kMaxCompression = 1100;
constexpr std::uint64_t kMaxDatasetBytes = std::uint64_t{1} << 33;

Handle copy_type(hid_t type) {
    return {H5Tcopy(type), H5Tclose, "copying a type"};
}

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& cells) {
    std::vector<std::byte> bytes(cells.size() * sizeof(T));
    if (!bytes.empty()) {
        std::memcpy(bytes.data(), cells.data(), bytes.size());
    }
    return bytes;
}

/// A compound type of the one member `column`: HDF5 then reads that column alone.
Handle single_member(const char* column, hid_t type) {
    Handle compound(H5Tcreate(H5T_COMPOUND, H5Tget_size(type)), H5Tclose, "creating a compound type");
    check(H5Tinsert(compound.id(), column, 0, type), "building a compound type");
    return compound;
}

/// HDF5 1.10 trusts the member offsets of a file and copies from outside its buffer when they lie.
void require_members_inside(hid_t type, const std::string& table) {
    const std::size_t size = H5Tget_size(type);
    const int members = check(H5Tget_nmembers(type), "reading the columns of '" + table + "'");
    for (unsigned i = 0; i < static_cast<unsigned>(members); ++i) {
        const Handle member(H5Tget_member_type(type, i), H5Tclose, "reading a column type");
        const std::size_t offset = H5Tget_member_offset(type, i);
        const std::size_t width = H5Tget_size(member.id());
        if (width == 0 || width > size || offset > size - width) {
            throw Failure("table '" + table + "' has a column outside its rows");
        }
    }
}

}  // namespace

Handle write_array(hid_t parent, const char* name, hid_t file_type, hid_t memory_type, std::size_t elements,
                   const void* data) {
    const hsize_t dims = elements;
    const Handle space(H5Screate_simple(1, &dims, nullptr), H5Sclose, "creating a dataspace");
    const Handle properties = dataset_properties();
    if (elements * H5Tget_size(file_type) >= kCompressFromBytes) {
        const hsize_t chunk = std::min(elements, kRowsPerChunk);
        check(H5Pset_chunk(properties.id(), 1, &chunk), "setting the chunk size");
        check(H5Pset_shuffle(properties.id()), "setting the shuffle filter");
        check(H5Pset_deflate(properties.id(), kDeflateLevel), "setting the deflate filter");
    }
    Handle dataset(H5Dcreate2(parent, name, file_type, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Dclose,
                   std::string("creating dataset '") + name + "'");
    if (elements > 0) {
        check(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data),
              std::string("writing dataset '") + name + "'");
    }
    return dataset;
}

void TableWriter::add_text(std::string name, const std::vector<std::string_view>& cells) {
    std::size_t width = 1;
    for (const std::string_view cell : cells) {
        width = std::max(width, cell.size());
    }
    std::vector<std::byte> bytes(width * cells.size());
    for (std::size_t row = 0; row < cells.size(); ++row) {
        std::transform(cells[row].begin(), cells[row].end(), bytes.begin() + static_cast<std::ptrdiff_t>(row * width),
                       [](char c) { return static_cast<std::byte>(c); });
    }
    columns_.push_back({std::move(name), {}, text_type(width), std::move(bytes)});
}

void TableWriter::add_number(std::string name, std::string unit, const std::vector<std::uint32_t>& cells) {
    columns_.push_back({std::move(name), std::move(unit), copy_type(H5T_STD_U32LE), bytes_of(cells)});
}
void TableWriter::add_number(std::string name, std::string unit, const std::vector<std::int32_t>& cells) {
    columns_.push_back({std::move(name), std::move(unit), copy_type(H5T_STD_I32LE), bytes_of(cells)});
}
void TableWriter::add_number(std::string name, std::string unit, const std::vector<std::uint64_t>& cells) {
    columns_.push_back({std::move(name), std::move(unit), copy_type(H5T_STD_U64LE), bytes_of(cells)});
}
void TableWriter::add_number(std::string name, std::string unit, const std::vector<double>& cells) {
    columns_.push_back({std::move(name), std::move(unit), copy_type(H5T_IEEE_F64LE), bytes_of(cells)});
}

std::vector<std::byte> TableWriter::interleaved(std::size_t row_size) const {
    std::vector<std::byte> rows(row_size * rows_);
    std::size_t offset = 0;
    for (const Column& column : columns_) {
        const std::size_t width = H5Tget_size(column.type.id());
        for (std::size_t row = 0; row < rows_; ++row) {
            std::memcpy(&rows[row * row_size + offset], &column.cells[row * width], width);
        }
        offset += width;
    }
    return rows;
}

void TableWriter::write(hid_t parent, const char* name) const {
    std::size_t row_size = 0;
    for (const Column& column : columns_) {
        row_size += H5Tget_size(column.type.id());
    }
    const Handle type(H5Tcreate(H5T_COMPOUND, row_size), H5Tclose, "creating a compound type");
    std::size_t offset = 0;
    for (const Column& column : columns_) {
        check(H5Tinsert(type.id(), column.name.c_str(), offset, column.type.id()), "building a compound type");
        offset += H5Tget_size(column.type.id());
    }
    // The cells are little endian like the file: all hosts SystemC is packaged for are.
    const std::vector<std::byte> rows = interleaved(row_size);
    const Handle dataset = write_array(parent, name, type.id(), type.id(), rows_, rows.data());
    for (const Column& column : columns_) {
        if (!column.unit.empty()) {
            write_attribute(dataset.id(), (column.name + "_units").c_str(), std::string_view(column.unit));
        }
    }
}

Handle open_dataset(hid_t parent, const std::string& name, std::uint64_t file_size, std::size_t& elements) {
    const hid_t id = H5Dopen2(parent, name.c_str(), H5P_DEFAULT);
    if (id < 0) {
        throw Failure("dataset '" + name + "' is missing or unreadable");
    }
    Handle dataset(id, H5Dclose, name);
    const Handle space(H5Dget_space(id), H5Sclose, "reading the extent of '" + name + "'");
    const Handle type(H5Dget_type(id), H5Tclose, "reading the type of '" + name + "'");
    const hssize_t count = H5Sget_simple_extent_npoints(space.id());
    const std::uint64_t size = H5Tget_size(type.id());
    if (H5Sget_simple_extent_ndims(space.id()) > 1 || count < 0 || size == 0) {
        throw Failure("dataset '" + name + "' has not one dimension");
    }
    const std::uint64_t limit = std::min(kMaxDatasetBytes, file_size * kMaxCompression);
    if (static_cast<std::uint64_t>(count) > limit / size) {
        throw Failure("dataset '" + name + "' claims more elements than the file can hold");
    }
    elements = static_cast<std::size_t>(count);
    return dataset;
}

TableReader::TableReader(hid_t file, std::string name, std::uint64_t file_size)
    : name_(std::move(name)), dataset_(open_dataset(file, name_, file_size, rows_)) {
    type_ = Handle(H5Dget_type(dataset_.id()), H5Tclose, "reading the type of '" + name_ + "'");
    if (H5Tget_class(type_.id()) != H5T_COMPOUND) {
        throw Failure("dataset '" + name_ + "' is not a table");
    }
    require_members_inside(type_.id(), name_);
}

Handle TableReader::member_type(const char* column, H5T_class_t wanted, std::string_view kind) const {
    const int index = H5Tget_member_index(type_.id(), column);
    if (index < 0) {
        throw Failure("table '" + name_ + "' has no column '" + column + "'");
    }
    Handle type(H5Tget_member_type(type_.id(), static_cast<unsigned>(index)), H5Tclose, "reading a column type");
    if (H5Tget_class(type.id()) != wanted || (wanted == H5T_STRING && H5Tis_variable_str(type.id()) != 0)) {
        throw Failure("column '" + std::string(column) + "' of table '" + name_ + "' is not " + std::string(kind));
    }
    return type;
}

void TableReader::read(const char* column, hid_t type, void* cells) const {
    if (rows_ > 0) {
        const Handle compound = single_member(column, type);
        check(H5Dread(dataset_.id(), compound.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, cells),
              "reading column '" + std::string(column) + "' of table '" + name_ + "'");
    }
}

std::vector<std::string> TableReader::text(const char* column) const {
    const Handle file_type = member_type(column, H5T_STRING, "text");
    const std::size_t width = H5Tget_size(file_type.id());
    std::string cells(width * rows_, '\0');
    read(column, file_type.id(), cells.data());
    std::vector<std::string> out;
    out.reserve(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
        const std::string_view cell(&cells[row * width], width);
        const std::size_t last = cell.find_last_not_of('\0');
        out.emplace_back(cell.substr(0, last == std::string_view::npos ? 0 : last + 1));
    }
    return out;
}

std::vector<std::uint64_t> TableReader::integers(const char* column) const {
    (void)member_type(column, H5T_INTEGER, "an integer");
    std::vector<std::uint64_t> cells(rows_);
    read(column, H5T_NATIVE_UINT64, cells.data());
    return cells;
}

std::vector<std::int32_t> TableReader::signed_integers(const char* column) const {
    (void)member_type(column, H5T_INTEGER, "an integer");
    std::vector<std::int32_t> cells(rows_);
    read(column, H5T_NATIVE_INT32, cells.data());
    return cells;
}

std::vector<double> TableReader::reals(const char* column) const {
    (void)member_type(column, H5T_FLOAT, "a floating-point number");
    std::vector<double> cells(rows_);
    read(column, H5T_NATIVE_DOUBLE, cells.data());
    return cells;
}

}  // namespace handset::h5
