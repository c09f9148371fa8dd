// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "workloads/kernels/catalogue.h"
#include "workloads/kernels/rowwise.h"

namespace handset {

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kSmallestGoodTile = std::uint64_t{256} * 1024;
constexpr std::uint64_t kLargestTile = std::uint64_t{1024} * 1024;
constexpr std::uint64_t kTilesForOverlap = 4;

class Load final : public Kernel {
  public:
    [[nodiscard]] std::string_view name() const override { return "load"; }
    [[nodiscard]] std::string_view doc() const override {
        return "bytes of a tensor from flash to DRAM, on the storage device; input: its view in flash";
    }

    [[nodiscard]] std::vector<Shape> infer_shapes(const OpNode& op) const override {
        require_inputs(op, 1, 1);
        require(op, op.inputs[0].bytes().count() > 0, "nothing to load");
        return {op.inputs[0].shape};
    }

    [[nodiscard]] bool supports(const OpNode& op, const DeviceCaps& caps) const override {
        check(op);
        return caps.kind == DeviceKind::storage && caps.local_bytes.count() >= std::min(kPage, bytes(op));
    }

    [[nodiscard]] TileProgram lower(const OpNode& op, const DeviceCaps& caps) const override {
        check(op);
        require(op, caps.kind == DeviceKind::storage, "runs on a storage device only, not on " + caps.name);
        const std::uint64_t total = bytes(op);
        const std::uint64_t local = caps.local_bytes.count();
        if (local < std::min(kPage, total)) {
            fail_local_store(op, caps, std::min(kPage, total));
        }
        const std::uint64_t wanted = std::clamp(total / kTilesForOverlap, kSmallestGoodTile, kLargestTile);
        const auto buffers =
            static_cast<std::uint32_t>(std::clamp<std::uint64_t>(local / kPage, 1, std::max(caps.buffers, 1U)));
        std::uint64_t chunk = std::min({wanted, total, local / buffers});
        // Whole pages, except for the only tile of a small tensor.
        chunk = chunk >= kPage ? chunk / kPage * kPage : chunk;
        ProgramBuilder builder(op, caps);
        const Ring ring = builder.reserve(chunk, buffers);
        for (std::uint64_t first = 0; first < total; first += chunk) {
            Tile& tile = builder.begin(0);
            const Range range{first, std::min(chunk, total - first)};
            const std::uint64_t slot = builder.take(ring);
            tile.local = {slot, slot};
            tile.region = {static_cast<std::uint32_t>(first / kPage), static_cast<std::uint32_t>(range.count)};
            builder.load_rows(0, range, 1, slot);
            builder.store_rows(1, range, 1, slot);
        }
        return builder.finish();
    }

    // Input and output share the slot: what was loaded is what is stored.
    void compute(const OpNode& /*op*/, const Tile& /*tile*/, std::span<std::byte> /*local*/) const override {}

  private:
    static std::uint64_t bytes(const OpNode& op) { return op.inputs[0].bytes().count(); }

    void check(const OpNode& op) const {
        const Shape shape = infer_shapes(op).front();
        require(op,
                op.outputs.size() == 1 && op.outputs[0].shape == shape && op.outputs[0].format == op.inputs[0].format,
                "the output must be the same tensor in DRAM: " + to_text(shape) + " of equal format");
    }
};

}  // namespace

const Kernel& load_kernel() {
    static const Load kKernel;
    return kKernel;
}

}  // namespace handset
