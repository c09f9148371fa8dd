// SPDX-License-Identifier: Apache-2.0
#include "workloads/kernels/matmul_lower.h"

#include <algorithm>
#include <string>

namespace handset {

namespace {

class Writer {
  public:
    Writer(const OpNode& op, const DeviceCaps& caps, const MatmulSizes& sizes, const MatmulPlan& plan,
           const MatmulStyle& style)
        : op_(op),
          caps_(caps),
          sizes_(sizes),
          plan_(plan),
          style_(style),
          out_operand_(static_cast<std::uint32_t>(op.inputs.size())),
          buffers_(matmul_buffers(sizes, plan)),
          builder_(op, caps),
          a_(builder_.reserve(buffers_.a_bytes, buffers_.a, RingUse::operands)),
          w_(builder_.reserve(buffers_.w_bytes, buffers_.w, RingUse::operands)),
          bias_(builder_.reserve(buffers_.bias_bytes, plan.copies, RingUse::operands)) {
        if (plan.in_accumulators) {
            out_ = builder_.reserve_accumulators(buffers_.out_bytes, buffers_.out);
            sums_ = builder_.reserve_accumulators(buffers_.sum_bytes, 1);
        } else {
            out_ = builder_.reserve(buffers_.out_bytes, buffers_.out, RingUse::results);
            sums_ = builder_.reserve(buffers_.sum_bytes, 1, RingUse::results);
        }
    }

    TileProgram run() {
        for (std::uint32_t lane = 0; lane < plan_.columns.size(); ++lane) {
            if (plan_.columns[lane].count > 0) {
                write_lane(lane);
            }
        }
        TileProgram program = builder_.finish();
        program.mapping = plan_.text();
        if (!style_.name.empty()) {
            program.mapping = std::string(style_.name) + ": " + program.mapping;
        }
        return program;
    }

  private:
    struct Block {
        Range rows;
        Range columns;
    };

    [[nodiscard]] static std::uint64_t blocks(std::uint64_t total, std::uint64_t tile) { return div_ceil(total, tile); }
    [[nodiscard]] static Range block(std::uint64_t total, std::uint64_t tile, std::uint64_t index) {
        return {index * tile, std::min(tile, total - index * tile)};
    }

    void write_lane(std::uint32_t lane) {
        const Range lane_columns = plan_.columns[lane];
        const std::uint64_t m_blocks = blocks(sizes_.m, plan_.m_tile);
        const std::uint64_t n_blocks = blocks(lane_columns.count, plan_.n_tile);
        const bool weights_stay = plan_.order == LoopOrder::weights;
        const std::uint64_t outer = weights_stay ? n_blocks : m_blocks;
        const std::uint64_t inner = weights_stay ? m_blocks : n_blocks;
        for (std::uint64_t i = 0; i < outer; ++i) {
            for (std::uint64_t j = 0; j < inner; ++j) {
                Range columns = block(lane_columns.count, plan_.n_tile, weights_stay ? i : j);
                columns.first += lane_columns.first;
                write_block(lane, {block(sizes_.m, plan_.m_tile, weights_stay ? j : i), columns}, j == 0);
            }
        }
    }

    /// All parts of one block of results. `fresh`: the operand that stays has changed.
    void write_block(std::uint32_t lane, const Block& block, bool fresh) {
        const bool loads_a = fresh || plan_.order != LoopOrder::activations;
        const bool loads_w = fresh || plan_.order != LoopOrder::weights;
        for (std::uint64_t part = 0; part < buffers_.parts; ++part) {
            const Range k{part * plan_.k_tile, std::min(plan_.k_tile, sizes_.k - part * plan_.k_tile)};
            const bool last = part + 1 == buffers_.parts;
            const std::uint64_t back = buffers_.parts - 1 - part;  // takes since that of this part in the last block
            Tile& tile = builder_.begin(lane);
            tile.local[0] = loads_a ? load(0, a_, sizes_.a, block.rows, k) : builder_.keep(a_, back);
            tile.local[1] = loads_w ? load(1, w_, sizes_.w, block.columns, k) : builder_.keep(w_, back);
            if (last && sizes_.bias_element > 0) {
                tile.local[2] = loads_w ? load_bias(block.columns) : builder_.keep(bias_);
            }
            tile.region = {static_cast<std::uint32_t>(block.rows.first),
                           static_cast<std::uint32_t>(block.rows.count),
                           static_cast<std::uint32_t>(block.columns.first),
                           static_cast<std::uint32_t>(block.columns.count),
                           static_cast<std::uint32_t>(k.first),
                           static_cast<std::uint32_t>(k.count)};
            tile.work =
                matmul_work(op_, caps_, style_, {block.rows.count, block.columns.count, k.count, last, loads_a});
            tile.local.at(out_operand_) = part == 0 ? builder_.take(out_) : builder_.keep(out_);
            tile.local.at(out_operand_ + 1) = buffers_.sum_bytes > 0 ? sums_.base : tile.local.at(out_operand_);
            if (last) {
                store(block, tile.local.at(out_operand_));
            }
        }
    }

    std::uint64_t load(std::uint32_t operand, const Ring& ring, const RowLayout& layout, Range rows, Range k) {
        const std::uint64_t local = builder_.take(ring);
        const std::uint64_t row = layout.bytes(sizes_.k, true);
        if (buffers_.parts == 1) {
            builder_.load_rows(operand, rows, row, local);
            return local;
        }
        builder_.load({.operand = operand,
                       .rows = static_cast<std::uint32_t>(rows.count),
                       .row_bytes = layout.bytes(k.count, k.first + k.count == sizes_.k),
                       .row_stride = row,
                       .offset = rows.first * row + layout.bytes(k.first, false),
                       .local = local});
        return local;
    }

    std::uint64_t load_bias(Range columns) {
        const std::uint64_t local = builder_.take(bias_);
        builder_.load_rows(2, columns, sizes_.bias_element, local);
        return local;
    }

    void store(const Block& block, std::uint64_t local) {
        const std::uint64_t element = sizes_.out_element;
        const bool whole = block.columns.count == sizes_.n;  // rows follow one another
        const std::uint64_t rows = whole ? 1 : block.rows.count;
        const std::uint64_t per_row = whole ? block.rows.count : 1;
        builder_.store({.operand = out_operand_,
                        .rows = static_cast<std::uint32_t>(rows),
                        .row_bytes = block.columns.count * element * per_row,
                        .row_stride = sizes_.n * element * per_row,
                        .offset = (block.rows.first * sizes_.n + block.columns.first) * element,
                        .local = local});
    }

    const OpNode& op_;
    const DeviceCaps& caps_;
    const MatmulSizes& sizes_;
    const MatmulPlan& plan_;
    const MatmulStyle& style_;
    std::uint32_t out_operand_;
    MatmulBuffers buffers_;
    ProgramBuilder builder_;
    Ring a_;
    Ring w_;
    Ring bias_;
    Ring out_;
    Ring sums_;
};

}  // namespace

TileProgram write_matmul(const OpNode& op, const DeviceCaps& caps, const MatmulSizes& sizes, const MatmulPlan& plan,
                         const MatmulStyle& style) {
    return Writer(op, caps, sizes, plan, style).run();
}

}  // namespace handset
