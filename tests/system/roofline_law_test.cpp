// SPDX-License-Identifier: Apache-2.0
// No op is ever faster than its multiply-accumulates at the peak rate of their formats, nor than every byte of its
// operands once through the narrowest place on the way, whatever lowering, mapping and overlap the models claim.
#include <map>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "hw_models/cpu/cpu_core.h"
#include "hw_models/dram/dram_config.h"
#include "hw_models/gpu/gpu_core.h"
#include "hw_models/noc/noc_config.h"
#include "hw_models/npu/npu_core.h"
#include "sim/app/inputs.h"
#include "sim/app/model_setup.h"
#include "sim/app/request.h"
#include "sim/results/hdf5_reader.h"
#include "tests/support/handset_process.h"
#include "workloads/kernels/catalogue.h"

namespace handset::test {

namespace {

constexpr double kFemto = 1e15;

/// What a phone can do at most, from its configuration.
class Roofs {
  public:
    explicit Roofs(const SocConfig& soc) {
        const auto& noc = soc.components.at("noc").config.get<NocConfig>();
        for (const auto& [name, slot] : soc.components) {
            if (const auto* cpu = slot.config.get_if<CpuConfig>()) {
                cores_[name] = std::make_unique<CpuCore>(name, *cpu);
            } else if (const auto* gpu = slot.config.get_if<GpuConfig>()) {
                cores_[name] = std::make_unique<GpuCore>(name, *gpu);
            } else if (const auto* npu = slot.config.get_if<NpuConfig>()) {
                cores_[name] = std::make_unique<NpuCore>(name, *npu);
            } else if (const auto* dram = slot.config.get_if<DramConfig>()) {
                dram_ += static_cast<double>(dram->data_rate.count()) * dram->channels * dram->channel_bits / 8;
            }
            if (slot.downstream == "noc") {
                const auto named = noc.ports.find(name);
                const NocPortConfig& port = named == noc.ports.end() ? noc.port : named->second;
                const Hertz clock = port.clock.value_or(noc.clock);
                ports_[name] = static_cast<double>(port.width.count()) * static_cast<double>(clock.count());
            }
        }
    }

    [[nodiscard]] const DeviceCaps& caps(const std::string& device) const { return cores_.at(device)->caps(); }
    [[nodiscard]] bool computes(const std::string& device) const { return cores_.count(device) > 0; }
    [[nodiscard]] double dram() const { return dram_; }
    /// Bytes per second of the device's own port to the network; none for devices behind caches of their own.
    [[nodiscard]] const double* port(const std::string& device) const {
        const auto found = ports_.find(device);
        return found == ports_.end() ? nullptr : &found->second;
    }

  private:
    std::map<std::string, std::unique_ptr<ComputeCore>> cores_;
    std::map<std::string, double> ports_;
    double dram_ = 0;
};

/// Seconds of all products at the peak of their formats, in the formats that the op is computed in.
double arithmetic_seconds(const OpNode& op, const DeviceCaps& caps) {
    double seconds = 0;
    for (const Tile& tile : find_kernel(op.kernel).lower(op, caps).tiles) {
        for (const MatmulWork& work : tile.work.matmuls) {
            const std::uint64_t macs = work.macs().count();
            const std::uint64_t peak = caps.macs_per_second.at(static_cast<std::size_t>(work.format));
            seconds += macs == 0 ? 0.0 : static_cast<double>(macs) / static_cast<double>(peak);
        }
    }
    return seconds;
}

struct Compulsory {
    double all = 0;      ///< bytes of every operand once
    double weights = 0;  ///< of these, weights
};

Compulsory compulsory_bytes(const OpNode& op) {
    Compulsory bytes;
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        const TensorUse& use = op.inputs[i];
        const std::uint64_t rows = i == 0 && !op.gather.empty() ? op.gather.size() : use.shape.rows;
        const auto size = static_cast<double>(rows * row_bytes(use.format, use.shape.cols).count());
        bytes.all += size;
        bytes.weights += use.tag == MemoryTag::weights && op.gather.empty() ? size : 0.0;
    }
    for (const TensorUse& use : op.outputs) {
        bytes.all += static_cast<double>(use.bytes().count());
    }
    return bytes;
}

using OpKey = std::tuple<std::string, std::uint32_t, std::string>;  // phase, step, name

/// Every op that a run of these inputs with data off executes.
std::map<OpKey, OpNode> ops_of(const Inputs& inputs) {
    const PreparedModel model = prepare_model(inputs.workload, memory_sizes(inputs.soc), false);
    RequestOptions options;
    options.turns = model.turns;
    options.known_tokens.assign(model.turns.front().max_tokens, 1);
    options.lowerings = inputs.workload.lowerings;
    Request request(model.model, options);
    std::map<OpKey, OpNode> ops;
    while (const auto plan = request.next()) {
        for (const OpId id : plan->graph.topological_order()) {
            const OpNode& op = plan->graph.op(id);
            ops.emplace(OpKey{plan->phase, plan->step, op.name}, op);
        }
    }
    return ops;
}

/// 45 MB of int8 weights: several times the caches on the way, whose LRU then keeps none of them from step to step.
std::string workload_text(const std::string& more) {
    return "name: roofs\n"
           "model: {shape: {architecture: qwen2, hidden: 512, layers: 4, heads: 8, kv_heads: 2, ffn: 1376,"
           " vocab: 64000, context: 512}}\n"
           "prompt_tokens: 75\nmax_tokens: 3\nweights: int8\nactivations: int8\nkv: fp16\n" +
           more;
}

void expect_under_the_roofs(const std::string& policy, const std::string& more = {}) {
    SCOPED_TRACE(policy + " " + more);
    HandsetRuns runs;
    const std::string workload = runs.workload(workload_text(more));
    const RunResult result = runs.run(phone(), workload, {"--data", "off", "--policy", policy});
    const Inputs inputs = load_inputs(phone(), workload, {}, policy);
    const Roofs roofs(inputs.soc);
    const std::map<OpKey, OpNode> ops = ops_of(inputs);
    std::size_t checked = 0;
    for (const OpRecord& record : result.ops) {
        if (!roofs.computes(record.device)) {
            continue;
        }
        SCOPED_TRACE(record.phase + " " + std::to_string(record.step) + " " + record.name + " on " + record.device +
                     ": " + record.mapping);
        const OpNode& op = ops.at({record.phase, record.step, record.name});
        const auto took = static_cast<double>((record.end - record.start).count());
        EXPECT_GE(took, arithmetic_seconds(op, roofs.caps(record.device)) * kFemto);
        const Compulsory bytes = compulsory_bytes(op);
        EXPECT_GE(took, bytes.weights / roofs.dram() * kFemto);
        if (const double* port = roofs.port(record.device); port != nullptr) {
            EXPECT_GE(took, bytes.all / *port * kFemto);
        }
        ++checked;
    }
    EXPECT_GT(checked, 3U * 4 * 12);  // steps, layers, ops of a layer
}

TEST(Roofline, HoldsForEveryOpOnTheCpu) {
    expect_under_the_roofs("cpu_only");
}

TEST(Roofline, HoldsForEveryOpOnTheGpu) {
    expect_under_the_roofs("gpu_only");
}

TEST(Roofline, HoldsForEveryOpOnTheNpu) {
    expect_under_the_roofs("npu_cpu");
}

TEST(Roofline, HoldsForUnfusedAttention) {
    expect_under_the_roofs("cpu_only", "lowerings: {attention: {cpu: unfused}}\n");
    expect_under_the_roofs("gpu_only", "lowerings: {attention: {gpu: unfused}}\n");
}

TEST(Roofline, HoldsForSingleOps) {
    const Roofs roofs(load_soc(phone(), {}));
    const TemporaryDirectory work;
    for (const std::string device : {"cpu0", "gpu0", "npu0"}) {
        for (const std::uint64_t m : {1, 33, 256}) {
            constexpr std::uint64_t kSide = 2048;
            const std::string file = work.file("op.h5");
            const Outcome outcome =
                execute({"op", "matmul", "--soc", phone(), "--device", device, "--shape",
                         "m=" + std::to_string(m) + ",n=2048,k=2048", "--format", "w8a8", "-o", file});
            ASSERT_EQ(outcome.code, 0) << outcome.err;
            const RunResult result = read_run_result(file);
            ASSERT_FALSE(result.ops.empty());
            const OpRecord& op = result.ops.back();
            SCOPED_TRACE(device + " m=" + std::to_string(m));
            EXPECT_EQ(op.macs.count(), m * kSide * kSide);
            const auto took = static_cast<double>((op.end - op.start).count());
            const auto peak =
                static_cast<double>(roofs.caps(device).macs_per_second.at(static_cast<std::size_t>(MacFormat::int8)));
            EXPECT_GE(took, static_cast<double>(op.macs.count()) / peak * kFemto);
            EXPECT_GE(took, static_cast<double>(kSide * kSide) / roofs.dram() * kFemto);
        }
    }
}

}  // namespace

}  // namespace handset::test
