// SPDX-License-Identifier: Apache-2.0
// What `handset op` tells of a measurement, as columns: one block of lines, one line of a table, one line of a CSV
// file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/app/op_bench.h"

namespace handset {

/// One column: its value for people and, in base units, for files.
struct OpCell {
    std::string name;
    std::string unit;  ///< of `exact`; empty: text or a count
    std::string exact;
    std::string readable;
    bool listed = false;  ///< also in the table of a list
};

struct OpReportContext {
    Hertz clock;                      ///< of the device
    std::vector<std::string> levels;  ///< memories below the device
};

/// Figures of one run; of several repetitions their mean. The same columns for every op on one device.
std::vector<OpCell> op_cells(const OpMeasurement& measurement, const OpReportContext& context);

/// A line per column.
std::string op_block(const std::vector<OpCell>& cells);
/// A line per op with the columns that matter most.
std::string op_table(std::span<const std::vector<OpCell>> rows);
/// Header with units, then a line per op; all columns.
std::string op_csv(std::span<const std::vector<OpCell>> rows);

}  // namespace handset
