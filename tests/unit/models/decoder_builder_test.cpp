// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/decoder_builder.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/models/small_decoder.h"
#include "workloads/kernels/catalogue.h"

namespace handset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::shape_model;
using testing::small_decoder;

StepInput step_of(std::vector<std::uint32_t> tokens, std::uint32_t position, bool sample = true) {
    StepInput input;
    input.tokens = std::move(tokens);
    input.position = position;
    input.sample = sample;
    return input;
}

std::vector<std::string> op_names(const OpGraph& graph) {
    std::vector<std::string> names;
    for (const OpId id : graph.topological_order()) {
        names.push_back(graph.op(id).name);
    }
    return names;
}

const OpNode& find(const OpGraph& graph, const std::string& name) {
    for (const OpId id : graph.topological_order()) {
        if (graph.op(id).name == name) {
            return graph.op(id);
        }
    }
    throw std::runtime_error("no op " + name);
}

std::vector<std::string> before(const OpGraph& graph, const std::string& name) {
    std::vector<std::string> names;
    for (const OpId id : graph.predecessors(find(graph, name).id)) {
        names.push_back(graph.op(id).name);
    }
    return names;
}

TEST(DecoderBuilder, ALayerHasTheOpsOfItsArchitecture) {
    DecoderConfig config = small_decoder();
    config.layers = 1;
    const OpGraph graph = shape_model(config, NumberFormat::fp32).build_step(step_of({7}, 0));
    EXPECT_THAT(
        op_names(graph),
        ElementsAre("token_embd", "blk.0.attn_norm", "blk.0.attn_q", "blk.0.attn_k", "blk.0.attn_v", "blk.0.rope_q",
                    "blk.0.rope_k", "blk.0.store_v", "blk.0.attention", "blk.0.attn_output", "blk.0.attn_residual",
                    "blk.0.ffn_norm", "blk.0.ffn_gate", "blk.0.ffn_up", "blk.0.ffn_gated", "blk.0.ffn_down",
                    "blk.0.ffn_residual", "output_norm", "output", "sample"));
    EXPECT_EQ(find(graph, "blk.0.ffn_up").layer, 0);
    EXPECT_EQ(find(graph, "output_norm").layer, -1);
}

TEST(DecoderBuilder, EdgesFollowTheData) {
    const OpGraph graph = shape_model(small_decoder(), NumberFormat::fp32).build_step(step_of({1, 2, 3}, 4));
    for (const char* projection : {"blk.1.attn_q", "blk.1.attn_k", "blk.1.attn_v"}) {
        EXPECT_THAT(before(graph, projection), ElementsAre("blk.1.attn_norm"));
    }
    EXPECT_THAT(before(graph, "blk.1.rope_k"), ElementsAre("blk.1.attn_k"));
    EXPECT_THAT(before(graph, "blk.1.attention"), ElementsAre("blk.1.rope_q", "blk.1.rope_k", "blk.1.store_v"));
    EXPECT_THAT(before(graph, "blk.1.attn_norm"), ElementsAre("blk.0.ffn_residual"));
    EXPECT_THAT(before(graph, "blk.1.attn_residual"), ElementsAre("blk.0.ffn_residual", "blk.1.attn_output"));
    EXPECT_THAT(before(graph, "blk.1.ffn_gated"), ElementsAre("blk.1.ffn_gate", "blk.1.ffn_up"));
    EXPECT_THAT(before(graph, "sample"), ElementsAre("output"));
}

TEST(DecoderBuilder, TensorNamesAreUnique) {
    const StepFormats formats{.activations = ActivationMode::q8_0};
    const OpGraph graph = shape_model(small_decoder(), NumberFormat::q8_0, formats).build_step(step_of({1}, 4));
    std::set<std::string> names;
    for (std::size_t i = 0; i < graph.tensor_count(); ++i) {
        EXPECT_TRUE(names.insert(graph.tensor(TensorId{i}).name).second) << graph.tensor(TensorId{i}).name;
    }
}

TEST(DecoderBuilder, NewKeysAndValuesAreAppendedToTheCache) {
    const StepFormats formats{.kv = NumberFormat::fp16};
    const DecoderModel model = shape_model(small_decoder(), NumberFormat::fp32, formats);
    const OpGraph graph = model.build_step(step_of({1, 2, 3}, 5));
    // Rows of 2 heads * 16 = 32 halves = 64 bytes; row 5 starts at 320.
    const TensorUse& keys = find(graph, "blk.1.rope_k").outputs[0];
    EXPECT_EQ(graph.tensor(keys.tensor).name, "blk.1.k_cache");
    EXPECT_EQ(graph.tensor(keys.tensor).shape, (Shape{.rows = 32, .cols = 32}));
    EXPECT_TRUE(graph.tensor(keys.tensor).persistent);
    EXPECT_EQ(keys.offset, 320_B);
    EXPECT_EQ(keys.shape, (Shape{.rows = 3, .cols = 32}));
    EXPECT_EQ(keys.format, NumberFormat::fp16);
    EXPECT_EQ(keys.tag, MemoryTag::kv);
    const OpNode& attention = find(graph, "blk.1.attention");
    EXPECT_EQ(attention.inputs[1].shape.rows, 8U) << "5 in the cache and 3 new";
    EXPECT_EQ(attention.inputs[2].offset, 0_B);
    EXPECT_EQ(graph.tensor(attention.inputs[2].tensor).name, "blk.1.v_cache");
    EXPECT_EQ(find(graph, "blk.1.rope_k").runtime.integer("position"), 5);
    // 2 layers * (keys + values) * 32 tokens * 64 bytes
    EXPECT_EQ(model.kv_cache_size(), 8_KiB);
}

TEST(DecoderBuilder, OnlyTheLastRowIsSampled) {
    const OpGraph graph = shape_model(small_decoder(), NumberFormat::fp32).build_step(step_of({1, 2, 3}, 0));
    const TensorUse& last = find(graph, "output_norm").inputs[0];
    EXPECT_EQ(last.shape, (Shape{.rows = 1, .cols = 64}));
    EXPECT_EQ(last.offset, 512_B) << "two rows of 64 floats before it";
    EXPECT_EQ(find(graph, "output").outputs[0].shape, (Shape{.rows = 1, .cols = 40}));
    const TensorUse& token = find(graph, "sample").outputs[0];
    EXPECT_EQ(token.format, NumberFormat::int32);
    EXPECT_EQ(graph.tensor(token.tensor).name, DecoderModel::kTokenTensor);
}

TEST(DecoderBuilder, ChunksBeforeTheLastEndAfterTheLayers) {
    const OpGraph graph = shape_model(small_decoder(), NumberFormat::fp32).build_step(step_of({1, 2}, 0, false));
    EXPECT_EQ(op_names(graph).back(), "blk.1.ffn_residual");
}

TEST(DecoderBuilder, SamplingParametersReachTheKernel) {
    StepInput input = step_of({1}, 0);
    input.sampling = {.method = SampleMethod::sample, .temperature = 0.5, .top_k = 7, .top_p = 0.9};
    input.seed = 11;
    input.step = 3;
    const DecoderModel model = shape_model(small_decoder(), NumberFormat::fp32);
    const OpNode sample = find(model.build_step(input), "sample");
    EXPECT_EQ(sample.attrs.text("method"), "sample");
    EXPECT_EQ(sample.attrs.number("temperature"), 0.5);
    EXPECT_EQ(sample.attrs.integer("top_k"), 7);
    EXPECT_EQ(sample.attrs.number("top_p"), 0.9);
    EXPECT_EQ(sample.runtime.integer("seed"), 11);
    EXPECT_EQ(sample.runtime.integer("step"), 3);
}

TEST(DecoderBuilder, ConsumersShareOneQuantisedInput) {
    const StepFormats formats{.activations = ActivationMode::q8_0};
    const OpGraph graph = shape_model(small_decoder(), NumberFormat::q4_0, formats).build_step(step_of({1, 2}, 0));
    // Per layer: attention input, attention output's input, ffn input, ffn_down's input; and the LM head's input.
    const std::vector<std::string> names = op_names(graph);
    EXPECT_EQ(std::count_if(names.begin(), names.end(), [](const auto& n) { return n.ends_with(".quantised"); }), 9);
    const TensorId shared = find(graph, "blk.0.attn_q").inputs[0].tensor;
    EXPECT_EQ(graph.tensor(shared).name, "blk.0.attn_norm.quantised");
    EXPECT_EQ(graph.tensor(shared).format, NumberFormat::q8_0);
    EXPECT_EQ(find(graph, "blk.0.attn_v").inputs[0].tensor, shared);
    EXPECT_EQ(find(graph, "blk.0.ffn_up").inputs[0].tensor, find(graph, "blk.0.ffn_gate").inputs[0].tensor);
}

TEST(DecoderBuilder, Int8ActivationsMayHaveOneScalePerTensor) {
    StepFormats formats{.activations = ActivationMode::int8};
    const auto granularity = [&] {
        const OpGraph graph = shape_model(small_decoder(), NumberFormat::int8, formats).build_step(step_of({1}, 0));
        return find(graph, "blk.0.attn_norm.quantised").attrs.text("granularity");
    };
    EXPECT_EQ(granularity(), "row");
    formats.activation_scale = ActivationScale::tensor;
    EXPECT_EQ(granularity(), "tensor");
}

TEST(DecoderBuilder, BiasesAndTiedEmbeddingsAreWired) {
    DecoderConfig config = small_decoder();
    config.qkv_bias = true;
    config.tied_embeddings = true;
    config.rope_pairing = RopePairing::half;
    const OpGraph graph = shape_model(config, NumberFormat::fp16).build_step(step_of({1}, 0));
    EXPECT_EQ(graph.tensor(find(graph, "blk.0.attn_k").inputs.at(2).tensor).name, "blk.0.attn_k.bias");
    EXPECT_EQ(find(graph, "blk.0.attn_output").inputs.size(), 2U);
    EXPECT_EQ(find(graph, "output").inputs[1].tensor, find(graph, "token_embd").inputs[0].tensor);
    EXPECT_EQ(find(graph, "blk.0.rope_q").attrs.text("pairing"), "half");
}

TEST(DecoderBuilder, PartialRotationAndFactorsReachRope) {
    DecoderConfig config = small_decoder();
    config.rope_dims = 8;
    config.rope_factors = true;
    const OpGraph graph = shape_model(config, NumberFormat::fp32).build_step(step_of({1}, 0));
    const OpNode& rope = find(graph, "blk.1.rope_q");
    EXPECT_EQ(rope.attrs.integer("rope_dims"), 8);
    EXPECT_EQ(rope.inputs.at(1).shape, (Shape{.rows = 1, .cols = 4}));
}

TEST(DecoderBuilder, AParallelBlockReadsOneNorm) {
    DecoderConfig config = small_decoder();
    config.norm = NormKind::layer;
    config.ffn_gated = false;
    config.activation = GateActivation::gelu;
    config.linear_bias = true;
    config.parallel_block = true;
    const DecoderModel model =
        shape_model(config, NumberFormat::q8_0, {.activations = ActivationMode::q8_0, .kv = NumberFormat::fp16});
    const OpGraph graph = model.build_step(step_of({1}, 0));
    EXPECT_EQ(find(graph, "blk.1.attn_norm").kernel, "layernorm");
    for (const char* product : {"blk.1.attn_q", "blk.1.attn_k", "blk.1.attn_v", "blk.1.ffn_up"}) {
        EXPECT_THAT(before(graph, product), ElementsAre("blk.1.attn_norm.quantised")) << product;
        EXPECT_EQ(find(graph, product).inputs.size(), 3U) << product;
    }
    EXPECT_EQ(find(graph, "blk.1.ffn_act").kernel, "gelu");
    EXPECT_THAT(before(graph, "blk.1.ffn_residual"), ElementsAre("blk.1.attn_residual", "blk.1.ffn_down"));
    EXPECT_EQ(graph.tensor(find(graph, "output").inputs.at(2).tensor).name, "output.bias");
    const std::vector<std::string> names = op_names(graph);
    EXPECT_EQ(std::count(names.begin(), names.end(), "blk.1.ffn_norm"), 0);
}

TEST(DecoderBuilder, AStepReadsTheCacheFromTheBlockOfItsFirstVisibleKey) {
    DecoderConfig config = small_decoder();
    config.context = 200;
    config.window = 40;
    const DecoderModel model = shape_model(config, NumberFormat::fp32);
    const auto attention = [&](std::uint32_t position) {
        return find(model.build_step(step_of({1, 2}, position)), "blk.0.attention");
    };
    const OpNode inside = attention(20);
    EXPECT_EQ(inside.inputs[1].shape.rows, 22U);
    EXPECT_FALSE(inside.attrs.has("window")) << "22 keys are not masked";
    // Token 110 sees 71 and later; 64 is the last multiple of 32 up to that. Rows of 32 floats.
    const OpNode beyond = attention(110);
    EXPECT_EQ(beyond.inputs[2].offset, 64 * 128_B);
    EXPECT_EQ(beyond.inputs[2].shape.rows, 112U - 64);
    EXPECT_EQ(beyond.attrs.integer("window"), 40);
}

TEST(DecoderBuilder, DecodeStepsDifferInAttentionOnly) {
    const DecoderModel model = shape_model(small_decoder(), NumberFormat::q8_0, {.activations = ActivationMode::q8_0});
    const OpGraph first = model.build_step(step_of({1}, 9));
    const OpGraph second = model.build_step(step_of({2}, 10));
    ASSERT_EQ(first.op_count(), second.op_count());
    for (const OpId id : first.topological_order()) {
        const bool equal = signature(first.op(id)) == signature(second.op(id));
        EXPECT_EQ(equal, first.op(id).kernel != "attention") << first.op(id).name;
    }
}

/// MACs by the formulae of the kernels: [m,k] x [k,n], and for attention q.k and p.v of every visible key.
Macs macs_of_graph(const OpGraph& graph) {
    std::uint64_t total = 0;
    for (const OpId id : graph.topological_order()) {
        const OpNode& op = graph.op(id);
        if (op.kernel == "matmul" || op.kernel == "lm_head") {
            total += op.inputs[0].shape.rows * op.inputs[0].shape.cols * op.outputs[0].shape.cols;
        } else if (op.kernel == "attention") {
            const std::uint64_t rows = op.inputs[0].shape.rows;
            const auto most = static_cast<std::uint64_t>(op.attrs.integer("window", 1 << 20));
            for (std::uint64_t row = 0; row < rows; ++row) {
                total += 2 * op.inputs[0].shape.cols * std::min(op.inputs[1].shape.rows - rows + row + 1, most);
            }
        }
    }
    return Macs{total};
}

TEST(DecoderBuilder, MacsEqualTheClosedForm) {
    struct Case {
        std::uint32_t rows;
        std::uint32_t position;
        bool sample;
    };
    DecoderConfig wide = small_decoder();
    wide.head_dim = 24;
    DecoderConfig plain = small_decoder();
    plain.ffn_gated = false;
    plain.parallel_block = true;
    DecoderConfig windowed = small_decoder();
    windowed.context = 200;
    windowed.window = 6;
    for (const DecoderConfig& config : {wide, plain, windowed}) {
        const DecoderModel model = shape_model(config, NumberFormat::fp32);
        for (const Case c : {Case{1, 0, true}, Case{1, 17, true}, Case{7, 0, true}, Case{5, 7, false}, Case{9, 3, true},
                             Case{5, 1, true}}) {
            const OpGraph graph =
                model.build_step(step_of(std::vector<std::uint32_t>(c.rows, 3), c.position, c.sample));
            const StepMacs macs = macs_of_step(config, c.rows, c.position + c.rows, c.sample);
            EXPECT_EQ(macs_of_graph(graph), macs.linear + macs.attention) << c.rows << " rows at " << c.position;
        }
    }
}

TEST(DecoderBuilder, MacsOfAWindowWrittenOut) {
    DecoderConfig config = small_decoder();
    config.context = 200;
    config.window = 6;
    // Rows at 4, 5, 6 see 5, 6, 6 keys; 2 layers, q.k and p.v, 64 wide. Unmasked: 7 keys for each.
    StepMacs macs = macs_of_step(config, 3, 7, false);
    EXPECT_EQ(macs.attention, Macs{2 * 2 * 64 * 17});
    EXPECT_EQ(macs.attention_unmasked, Macs{2 * 2 * 64 * 3 * 7});
    // Row 100 sees keys 95 to 100; the step reads from 64 on, the block of 32 that key 95 lies in: 37 keys.
    macs = macs_of_step(config, 1, 101, false);
    EXPECT_EQ(macs.attention, Macs{2 * 2 * 64 * 6});
    EXPECT_EQ(macs.attention_unmasked, Macs{2 * 2 * 64 * 37});
}

TEST(DecoderBuilder, MacsOfOneTokenWrittenOut) {
    // Width 64, queries 64, keys and values 32, ffn 96: 2*64*(64+32) + 3*64*96 = 30720 per layer; head 64*40 = 2560.
    const StepMacs macs = macs_of_step(small_decoder(), 1, 10, true);
    EXPECT_EQ(macs.linear, Macs{2 * 30720 + 2560});
    EXPECT_EQ(macs.attention, Macs{2 * 2 * 64 * 10}) << "2 layers, q.k and p.v, 64 wide, 10 keys";
    EXPECT_EQ(macs.attention_unmasked, macs.attention) << "a single row sees every key";
}

TEST(DecoderBuilder, KernelsAgreeWithAllShapes) {
    const StepFormats formats{.activations = ActivationMode::q8_0, .kv = NumberFormat::fp16};
    DecoderConfig config = small_decoder();
    config.qkv_bias = true;
    config.qk_norm = true;
    config.post_norms = true;
    config.scaled_embedding = true;
    const OpGraph graph = shape_model(config, NumberFormat::q8_0, formats).build_step(step_of({1, 2, 3}, 4));
    for (const OpId id : graph.topological_order()) {
        const OpNode& op = graph.op(id);
        EXPECT_THAT(find_kernel(op.kernel).infer_shapes(op), ElementsAre(op.outputs.at(0).shape)) << op.name;
    }
}

TEST(DecoderBuilder, TheLoadGraphBringsEveryWeight) {
    const DecoderModel model = shape_model(small_decoder(), NumberFormat::q8_0);
    const OpGraph graph = model.build_load_graph();
    EXPECT_EQ(graph.op_count(), model.weights().weights().size());
    const OpNode& load = find(graph, "load.blk.1.ffn_down.weight");
    EXPECT_EQ(load.layer, 1);
    const Tensor& from = graph.tensor(load.inputs[0].tensor);
    const Tensor& to = graph.tensor(load.outputs[0].tensor);
    EXPECT_EQ(from.name, "blk.1.ffn_down.weight@flash");
    EXPECT_EQ(from.flash_address, model.weights().at("blk.1.ffn_down.weight").flash_address);
    EXPECT_EQ(to.name, "blk.1.ffn_down.weight");
    EXPECT_FALSE(to.flash_address.has_value());
    EXPECT_TRUE(to.persistent);
    EXPECT_EQ(to.bytes(), from.bytes());
    EXPECT_TRUE(graph.predecessors(load.id).empty()) << "loads do not wait for each other";
}

template <class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(DecoderBuilder, BadStepsAreRejected) {
    const DecoderModel model = shape_model(small_decoder(), NumberFormat::fp32);
    EXPECT_THAT(message_of([&] { (void)model.build_step(step_of({}, 0)); }), HasSubstr("at least one token"));
    EXPECT_EQ(message_of([&] { (void)model.build_step(step_of({40}, 0)); }),
              "token 40 is outside the vocabulary of 40");
    EXPECT_EQ(message_of([&] { (void)model.build_step(step_of({1, 2}, 31)); }), "33 tokens exceed the context of 32");
    EXPECT_EQ(message_of([&] { (void)model.build_step(step_of({1, 2}, 30)); }), "accepted");
    EXPECT_THAT(message_of([&] { (void)model.build_step(step_of({1}, UINT32_MAX)); }),
                HasSubstr("4294967296 tokens exceed"));
}

TEST(DecoderBuilder, FormatsThatDoNotGoTogetherAreRejected) {
    const auto message = [](NumberFormat weights, StepFormats formats) {
        return message_of([&] { (void)shape_model(small_decoder(), weights, formats); });
    };
    EXPECT_THAT(message(NumberFormat::q8_0, {.activations = ActivationMode::int8}),
                HasSubstr("activations in int8 do not go with weights in q8_0 (token_embd.weight)"));
    EXPECT_THAT(message(NumberFormat::int8, {.activations = ActivationMode::q8_0}),
                HasSubstr("activations in q8_0 do not go with weights in int8"));
    EXPECT_THAT(message(NumberFormat::fp32, {.kv = NumberFormat::int8}), HasSubstr("fp32 or fp16, not int8"));
    EXPECT_EQ(message(NumberFormat::fp16, {.activations = ActivationMode::int8}), "accepted")
        << "floating-point weights take fp32 inputs";
}

TEST(DecoderBuilder, MissingWeightsAreNamed) {
    DecoderConfig config = small_decoder();
    WeightTable table = synthetic_weights(config, NumberFormat::fp32, 1, 0, false).table;
    config.layers = 3;
    EXPECT_THAT(message_of([&] { (void)DecoderModel(config, table, {}); }),
                HasSubstr("blk.2.ffn_down.weight: weight is missing"));
}

}  // namespace
}  // namespace handset
