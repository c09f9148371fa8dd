// SPDX-License-Identifier: Apache-2.0
// Compound tables: one row per record, fixed-length strings, little endian, compressed. Values are passed column by
// column; the unit of a column is the dataset attribute "<column>_units".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/results/hdf5_support.h"

namespace handset::h5 {

class TableWriter {
  public:
    explicit TableWriter(std::size_t rows) : rows_(rows) {}

    /// `get(row)` returns something a std::string_view can be made of and that lives until write().
    template <class Get>
    void text(std::string name, Get get) {
        std::vector<std::string_view> cells(rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            cells[row] = get(row);
        }
        add_text(std::move(name), cells);
    }
    /// `get(row)` returns std::uint32_t, std::int32_t, std::uint64_t or double.
    template <class Get>
    void number(std::string name, std::string unit, Get get) {
        using T = decltype(get(std::size_t{}));
        std::vector<T> cells(rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            cells[row] = get(row);
        }
        add_number(std::move(name), std::move(unit), cells);
    }

    void write(hid_t parent, const char* name) const;

  private:
    struct Column {
        std::string name;
        std::string unit;
        Handle type;
        std::vector<std::byte> cells;
    };

    void add_text(std::string name, const std::vector<std::string_view>& cells);
    void add_number(std::string name, std::string unit, const std::vector<std::uint32_t>& cells);
    void add_number(std::string name, std::string unit, const std::vector<std::int32_t>& cells);
    void add_number(std::string name, std::string unit, const std::vector<std::uint64_t>& cells);
    void add_number(std::string name, std::string unit, const std::vector<double>& cells);
    [[nodiscard]] std::vector<std::byte> interleaved(std::size_t row_size) const;

    std::size_t rows_;
    std::vector<Column> columns_;
};

/// Reads columns of a table by name; throws Failure naming dataset and column when the file does not fit.
class TableReader {
  public:
    /// `file_size` bounds what the header may claim.
    TableReader(hid_t file, std::string name, std::uint64_t file_size);

    [[nodiscard]] std::size_t rows() const { return rows_; }
    [[nodiscard]] std::vector<std::string> text(const char* column) const;
    [[nodiscard]] std::vector<std::uint64_t> integers(const char* column) const;
    [[nodiscard]] std::vector<std::int32_t> signed_integers(const char* column) const;
    [[nodiscard]] std::vector<double> reals(const char* column) const;

  private:
    [[nodiscard]] Handle member_type(const char* column, H5T_class_t wanted, std::string_view kind) const;
    void read(const char* column, hid_t type, void* cells) const;

    std::string name_;
    std::size_t rows_ = 0;  // before dataset_, whose opening sets it
    Handle dataset_;
    Handle type_;
};

/// Opens a dataset of one dimension (or a scalar: one element); throws Failure when it is missing or claims more than
/// `file_size` bytes could hold compressed.
Handle open_dataset(hid_t parent, const std::string& name, std::uint64_t file_size, std::size_t& elements);

/// Writes a one-dimensional dataset, compressed when large, and returns it for attributes and scales.
Handle write_array(hid_t parent, const char* name, hid_t file_type, hid_t memory_type, std::size_t elements,
                   const void* data);

}  // namespace handset::h5
