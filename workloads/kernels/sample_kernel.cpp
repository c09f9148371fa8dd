// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/rowwise.h"
#include "workloads/kernels/sample.h"

namespace handset {

namespace {

constexpr std::uint64_t kGoodTile = std::uint64_t{64} * 1024;  // bytes of logits per tile

SampleParams params_of(const OpNode& op) {
    const std::string method = op.attrs.text("method", "greedy");
    require(op, method == "greedy" || method == "sample", "unknown method '" + method + "'; known: greedy, sample");
    SampleParams params;
    if (method == "greedy") {
        return params;
    }
    params.temperature = op.attrs.has("temperature") ? op.attrs.number("temperature") : 1.0;
    require(op, std::isfinite(params.temperature) && params.temperature >= 0.0, "temperature must be at least 0");
    const std::int64_t top_k = op.attrs.integer("top_k", 0);
    require(op, top_k >= 0 && top_k <= INT32_MAX,
            "top_k must be at least 0 (0: no limit), is " + std::to_string(top_k));
    params.top_k = static_cast<std::uint32_t>(top_k);
    params.top_p = op.attrs.has("top_p") ? op.attrs.number("top_p") : 1.0;
    require(op, params.top_p > 0.0 && params.top_p <= 1.0, "top_p must be in (0, 1]");
    return params;
}

class Sample final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "sample"; }
    [[nodiscard]] std::string_view doc() const override {
        return "next token from one row of logits; attributes method: greedy or sample, [temperature], [top_k], "
               "[top_p]; runtime seed, step (sample only)";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        require_inputs(op, 1, 1);
        require_fp32_rows(op);
        require_shape(op, 0, "logits", {1, op.inputs[0].shape.cols});
        static_cast<void>(params_of(op));
        return {{1, 1}};
    }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        check(op);
        return caps.kind != DeviceKind::storage && least_local(op) <= caps.local_bytes.count();
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check(op);
        require(op, caps.kind != DeviceKind::storage, "cannot run on the storage device " + caps.name);
        if (least_local(op) > caps.local_bytes.count()) {
            fail_local_store(op, caps, least_local(op));
        }
        const std::uint64_t vocabulary = op.inputs[0].shape.cols;
        ProgramBuilder builder(op, caps);
        const Ring out = builder.reserve(sizeof(std::uint32_t));
        const Ring state = builder.reserve(TokenSampler::state_bytes(params_of(op), vocabulary));
        // The state passes from tile to tile: one lane, the fastest.
        const auto fastest = std::max_element(caps.lane_speed.begin(), caps.lane_speed.end());
        const auto lane = static_cast<std::uint32_t>(fastest - caps.lane_speed.begin());
        const std::uint64_t left = caps.local_bytes.count() - builder.local_used();
        const std::uint64_t whole = align_local(vocabulary * sizeof(float));
        const auto buffers =
            static_cast<std::uint32_t>(std::clamp<std::uint64_t>(left / kLocalAlign, 1, std::max(caps.buffers, 1U)));
        const std::uint64_t tile_bytes = std::min({whole, kGoodTile, left / buffers / kLocalAlign * kLocalAlign});
        const Ring ring = builder.reserve(tile_bytes, buffers);
        const std::uint64_t step = tile_bytes / sizeof(float);
        for (std::uint64_t first = 0; first < vocabulary; first += step) {
            Tile& tile = builder.begin(lane);
            const Range ids{first, std::min(step, vocabulary - first)};
            tile.region = {static_cast<std::uint32_t>(ids.first), static_cast<std::uint32_t>(ids.count)};
            tile.local = {builder.take(ring), out.base, state.base};
            builder.load_rows(0, ids, sizeof(float), tile.local[0]);
            const bool last = ids.first + ids.count == vocabulary;
            if (last) {
                builder.store_rows(1, {0, 1}, sizeof(std::uint32_t), out.base);
            }
            tile.work = work(params_of(op), vocabulary, ids.count, last);
        }
        return builder.finish();
    }

    void compute(const OpNode& op, const Tile& tile, std::span<std::byte> local) const override {
        const std::uint64_t vocabulary = op.inputs[0].shape.cols;
        SampleParams params = params_of(op);
        if (!params.greedy()) {
            params.seed = static_cast<std::uint64_t>(op.runtime.integer("seed"));
            params.step = static_cast<std::uint64_t>(op.runtime.integer("step"));
        }
        TokenSampler sampler(params, vocabulary,
                             local.subspan(tile.local[2], TokenSampler::state_bytes(params, vocabulary)));
        if (tile.region[0] == 0) {
            sampler.reset();
        }
        sampler.add(tile.region[0], tile_floats(tile, local, 0, tile.region[1]));
        if (std::uint64_t{tile.region[0]} + tile.region[1] == vocabulary) {
            const std::uint32_t token = sampler.choose();
            std::memcpy(local.data() + tile.local[1], &token, sizeof(token));
        }
    }

  private:
    void check(const OpNode& op) const {
        const Shape shape = infer_shapes(op).front();
        require(op, op.outputs.size() == 1 && op.outputs[0].shape == shape, "the output must be " + to_text(shape));
        require(op, op.outputs[0].format == NumberFormat::int32,
                "the output must be int32, is " + std::string(info(op.outputs[0].format).name));
    }

    static std::uint64_t least_local(const OpNode& op) {
        return 2 * kLocalAlign + align_local(TokenSampler::state_bytes(params_of(op), op.inputs[0].shape.cols));
    }

    /// A comparison per logit; with draws two logarithms each; at the end the sorted candidates.
    static Work work(const SampleParams& params, std::uint64_t vocabulary, std::uint64_t logits, bool last) {
        Work work;
        work.add(VectorOp::reduce, logits);
        const std::uint64_t kept = params.candidates(vocabulary);
        const std::uint64_t drawn = params.greedy() ? 0 : (kept == 0 ? logits : (last ? kept : 0));
        work.add(VectorOp::exp, 2 * drawn).add(VectorOp::mul, drawn).add(VectorOp::add, drawn);
        if (last && kept > 0) {
            work.add(VectorOp::move, kept * static_cast<std::uint64_t>(std::bit_width(kept)));  // sort
            work.add(VectorOp::reduce, kept);
            work.add(VectorOp::exp, params.top_p < 1.0 ? kept : 0);
        }
        return work;
    }
};

}  // namespace

const Kernel& sample_kernel() {
    static const Sample kKernel;
    return kKernel;
}

}  // namespace handset
