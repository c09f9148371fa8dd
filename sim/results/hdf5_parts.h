// SPDX-License-Identifier: Apache-2.0
// Parts that result files have in common, whatever they are of: groups, texts, summaries, counters, and a file composed
// in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/results/hdf5_table.h"
#include "sim/results/run_result.h"

namespace handset::h5 {

using Attributes = std::vector<std::pair<std::string, std::string>>;

/// Groups keep the order in which links and attributes were made: readers list them as the run reported them.
Handle make_group(hid_t parent, const char* name);
void write_attributes(hid_t group, const Attributes& attributes);
void write_summary(hid_t parent, const std::vector<SummaryMetric>& rows);
void write_counters(hid_t parent, const Snapshot& rows);

/// Composes a file in memory and writes it complete or not at all. HDF5 1.10 cannot close a file cleanly once the disk
/// is full, our own write can. Throws ConfigError "cannot write <path>: <reason>".
void write_file(const std::string& path, const std::function<void(hid_t)>& fill);

struct Source {
    hid_t file = H5I_INVALID_HID;
    std::uint64_t size = 0;  ///< of the file, bounds every allocation
};

/// Opens a result of this schema version and reads it; throws ConfigError "<path>: <reason>".
void read_file(const std::string& path, const std::function<void(const Source&)>& read);
/// "handset run", "handset sweep" ...
std::string schema_of(const Source& source);
/// Throws Failure when the file is of another schema.
void require_schema_name(const Source& source, std::string_view name);
std::uint32_t number_attribute(hid_t object, const char* name);

// These throw Failure when the file is not laid out as expected.
Handle open_group(hid_t parent, const std::string& name);
std::string text_attribute(hid_t object, const char* name, const Source& source);
Attributes read_attributes(const Source& source, const std::string& group);
std::string read_text(const Source& source, const std::string& name);
std::vector<SummaryMetric> read_summary(const Source& source, const std::string& name);
Snapshot read_counters(const Source& source, const std::string& name);
/// Link names in the order they were made; by name when the file did not record that order.
std::vector<std::string> links_of(const Handle& group);

}  // namespace handset::h5
