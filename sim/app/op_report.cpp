// SPDX-License-Identifier: Apache-2.0
#include "sim/app/op_report.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "sim/results/format.h"

namespace handset {

namespace {

/// Times of the causes summed over repetitions, for bound_of().
OpRecord mean_record(const OpMeasurement& m) {
    OpRecord record = m.first;
    record.call_time = m.call_time / m.runs;
    record.matrix_time = m.matrix_time / m.runs;
    record.vector_time = m.vector_time / m.runs;
    record.transfer_time = m.transfer_time / m.runs;
    return record;
}

std::uint64_t counted(const Snapshot& counters, const std::string& path) {
    const auto found =
        std::find_if(counters.begin(), counters.end(), [&](const CounterValue& row) { return row.path == path; });
    return found == counters.end() ? 0 : found->value;
}

/// Collects the columns in order.
class Cells {
  public:
    Cells& text(std::string_view name, const std::string& value, bool listed = false) {
        cells_.push_back({std::string(name), "", value, value, listed});
        return *this;
    }
    Cells& count(std::string_view name, std::uint64_t value, bool listed = false) {
        cells_.push_back({std::string(name), "", std::to_string(value), grouped(value), listed});
        return *this;
    }
    Cells& number(std::string_view name, double value, std::string_view unit, bool listed = false) {
        cells_.push_back({std::string(name), std::string(unit), fmt::format("{:.9g}", value),
                          unit == "B" ? scale_bytes(value).text() : scale(value, unit).text(), listed});
        return *this;
    }
    Cells& time(std::string_view name, Femtoseconds value, bool listed = false) {
        return number(name, to_seconds(value), "s", listed);
    }
    Cells& bytes(std::string_view name, std::uint64_t value, bool listed = false) {
        return number(name, static_cast<double>(value), "B", listed);
    }
    /// Share of `whole`; a line through where there is nothing to compare.
    Cells& share(std::string_view name, Femtoseconds part, Femtoseconds whole, bool listed = false) {
        if (part == Femtoseconds{} || whole == Femtoseconds{}) {
            cells_.push_back({std::string(name), "1", "0", "-", listed});
            return *this;
        }
        return number(name, to_seconds(part) / to_seconds(whole), "1", listed);
    }
    std::vector<OpCell> take() { return std::move(cells_); }

  private:
    std::vector<OpCell> cells_;
};

double per_second(double amount, Femtoseconds time) {
    return time == Femtoseconds{} ? 0.0 : amount / to_seconds(time);
}

void add_traffic(const OpMeasurement& m, const OpReportContext& context, Cells& cells) {
    cells.bytes("compulsory", m.compulsory.count())
        .bytes("loaded", m.first.bytes_read.count(), true)
        .bytes("stored", m.first.bytes_written.count());
    for (const std::string& level : context.levels) {
        for (const char* direction : {"_read", "_written"}) {
            const std::uint64_t bytes = counted(m.counters, level + ".bytes" + direction) / m.runs;
            cells.bytes(level + direction, bytes, level == context.levels.back());
        }
    }
}

void add_energy(const OpMeasurement& m, Cells& cells) {
    cells.number("energy_device", to_joules(m.device_energy / m.runs), "J")
        .number("energy_memory", to_joules(m.memory_energy / m.runs), "J")
        .number("energy_phone", to_joules(m.phone_energy / m.runs), "J", true);
}

/// Words for people: "call_time" -> "call time".
std::string worded(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) {
        return text;
    }
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    }
    return out + "\"";
}

}  // namespace

std::vector<OpCell> op_cells(const OpMeasurement& m, const OpReportContext& context) {
    const OpRecord record = mean_record(m);
    const Femtoseconds time = m.time / m.runs;
    const auto macs = static_cast<double>(record.macs.count());
    const auto moved = static_cast<double>((record.bytes_read + record.bytes_written).count());
    Cells cells;
    cells.text("op", m.label, true)
        .text("kernel", record.kernel)
        .text("shape", m.shape, true)
        .text("format", m.format, true)
        .text("device", record.device)
        .text("mapping", record.mapping, true)
        .time("time", time, true);
    if (m.runs > 1) {
        cells.time("shortest", m.shortest).time("longest", m.longest);
    }
    cells.count("cycles", mul_div_ceil(time.count(), context.clock.count(), kFemtosecondsPerSecond), true)
        .text("bound", std::string(bound_of(record)), true)
        .share("utilisation", m.ideal_compute, time, true)
        .number("rate", per_second(2 * macs, time), "OP/s", true)
        .number("bandwidth", per_second(moved, time), "B/s", true)
        .time("call_time", record.call_time)
        .time("matrix_time", record.matrix_time)
        .time("vector_time", record.vector_time)
        .time("transfer_time", record.transfer_time)
        .time("ideal_compute_time", m.ideal_compute)
        .count("macs", record.macs.count())
        .count("tiles", m.tiles);
    add_traffic(m, context, cells);
    add_energy(m, cells);
    cells.time("preparation_time", m.preparation).bytes("graph_memory", m.graph_memory.count());
    if (!m.numbers.empty()) {
        cells.text("numbers", m.numbers, true);
    }
    return cells.take();
}

std::string op_block(const std::vector<OpCell>& cells) {
    TextTable table("ll");
    for (const OpCell& cell : cells) {
        const bool repeats = cell.name == "kernel" && cell.readable == cells.front().readable;  // an op without a name
        if (!cell.readable.empty() && !repeats) {
            table.row({worded(cell.name), cell.readable});
        }
    }
    return table.text();
}

std::string op_table(std::span<const std::vector<OpCell>> rows) {
    if (rows.empty()) {
        return "";
    }
    std::vector<std::string> header;
    std::string alignment;
    for (const OpCell& cell : rows.front()) {
        if (cell.listed && cell.name != "mapping") {
            header.push_back(worded(cell.name));
            alignment += cell.name == "cycles" ? 'r' : (cell.unit.empty() ? 'l' : 'q');
        }
    }
    header.emplace_back("mapping");  // last, because it is long
    TextTable table(alignment + 'l');
    table.row(header);
    for (const std::vector<OpCell>& cells : rows) {
        std::vector<std::string> line;
        std::string mapping;
        for (const OpCell& cell : cells) {
            if (cell.name == "mapping") {
                mapping = cell.readable;
            } else if (cell.listed) {
                line.push_back(cell.readable);
            }
        }
        line.push_back(mapping);
        table.row(line);
    }
    return table.text();
}

std::string op_csv(std::span<const std::vector<OpCell>> rows) {
    std::string text;
    for (std::size_t i = 0; i <= rows.size() && !rows.empty(); ++i) {
        std::string line;
        for (const OpCell& cell : rows[i == 0 ? 0 : i - 1]) {
            const std::string unit = cell.unit.empty() ? "" : " [" + cell.unit + "]";
            line += (line.empty() ? "" : ",") + quoted(i == 0 ? cell.name + unit : cell.exact);
        }
        text += line + "\n";
    }
    return text;
}

}  // namespace handset
