// SPDX-License-Identifier: Apache-2.0
// Broken model files, made from the good one: exit code 2 with the file and the reason.
#include <chrono>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/short_run.h"
#include "tests/unit/models/gguf_bytes.h"

namespace handset::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string good_model() {
    return read_text(kModel);
}

template <class T>
std::string with(std::string bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return bytes;
}

/// Where the description of this tensor continues behind its name: rank (4 bytes), dimensions (8 each), type (4), ...
std::size_t behind_name(const std::string& bytes, const std::string& tensor) {
    return bytes.find(tensor) + tensor.size();
}

/// Type of a matrix: behind its rank and two dimensions.
std::string with_type(std::uint32_t type) {
    const std::string bytes = good_model();
    return with(bytes, behind_name(bytes, "blk.0.ffn_up.weight") + 4 + 16, type);
}

std::string llama2c(const std::vector<std::int32_t>& header, std::size_t weights) {
    testing::ByteWriter bytes;
    for (const std::int32_t value : header) {
        bytes.put(value);
    }
    return bytes.zeros(weights).bytes();
}

struct BadModel {
    std::string name;
    std::string file;
    std::string (*bytes)();
    std::string expected;
};

void PrintTo(const BadModel& test, std::ostream* out) {
    *out << test.name;
}

/// Room for the program (under 40 MiB as measured) and its small files, but not for what a header can claim. A limit on
/// addresses does not go together with sanitizers, which reserve terabytes of them.
ChildOptions little_memory() {
    ChildOptions options;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    options.address_space = rlim_t{1} << 30;
#endif
    return options;
}

/// A refusal takes milliseconds; reading or clearing gigabytes, or counting to 2^60, does not.
constexpr std::chrono::seconds kSoon{5};

class BadModelFile : public ::testing::TestWithParam<BadModel> {};

TEST_P(BadModelFile, IsRefusedWithItsReason) {
    const TemporaryDirectory work;
    const std::string model = work.write(GetParam().file, GetParam().bytes());
    const std::string workload =
        work.write("w.yaml", "name: a\nmodel: {file: " + model + "}\nprompt_tokens: 3\nmax_tokens: 3\n");
    for (const std::string data : {"on", "off"}) {
        const auto start = std::chrono::steady_clock::now();
        const Outcome outcome =
            handset({"run", "--soc", kPhone, "--workload", workload, "--data", data}, little_memory());
        EXPECT_LT(std::chrono::steady_clock::now() - start, kSoon);
        EXPECT_EQ(outcome.code, 2);
        EXPECT_THAT(outcome.err, HasSubstr(GetParam().expected));
        EXPECT_THAT(outcome.err, HasSubstr(model));
        EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
        EXPECT_EQ(outcome.out, "");
    }
}

const std::vector<BadModel> kModels{
    {"EmptyFile", "m.gguf", [] { return std::string(); }, "m.gguf"},
    {"WrongMagic", "m.gguf", [] { return with(good_model(), 0, 'X'); }, "not a GGUF file (wrong magic)"},
    {"OldVersion", "m.gguf", [] { return with(good_model(), 4, std::uint32_t{1}); },
     "GGUF version 1 is not supported (supported: 3)"},
    {"TruncatedHeader", "m.gguf", [] { return good_model().substr(0, 20); }, "m.gguf"},
    {"TruncatedMetadata", "m.gguf", [] { return good_model().substr(0, 500); }, "m.gguf"},
    {"TruncatedData", "m.gguf", [] { return good_model().substr(0, good_model().size() - 1000); }, "tensor '"},
    {"AbsurdTensorCount", "m.gguf", [] { return with(good_model(), 8, ~std::uint64_t{0}); }, "m.gguf"},
    {"AbsurdEntryCount", "m.gguf", [] { return with(good_model(), 16, std::uint64_t{1} << 60); }, "m.gguf"},
    // 2^30 descriptions would take more than the memory there is, but could be had from a host that overcommits.
    {"LargeTensorCount", "m.gguf", [] { return with(good_model(), 8, std::uint64_t{1} << 30); }, "m.gguf"},
    {"LargeEntryCount", "m.gguf", [] { return with(good_model(), 16, std::uint64_t{1} << 30); }, "m.gguf"},
    {"UnknownType", "m.gguf", [] { return with_type(4711); }, "tensor 'blk.0.ffn_up.weight': unknown ggml type 4711"},
    {"UnsupportedType", "m.gguf", [] { return with_type(12); }, "tensor 'blk.0.ffn_up.weight': ggml type Q4_K"},
    {"AbsurdDimension", "m.gguf",
     [] {
         const std::string bytes = good_model();
         return with(bytes, behind_name(bytes, "blk.0.ffn_up.weight") + 4, std::uint64_t{1} << 62);
     },
     "tensor 'blk.0.ffn_up.weight'"},
    {"MissingTensor", "m.gguf", [] { return replaced(good_model(), "blk.1.ffn_up.weight", "blk.1.ffn_uq.weight"); },
     "blk.1.ffn_up.weight"},
    {"NegativeLlama2cDimensions", "m.bin",
     [] {
         return llama2c({-64, 128, 2, 4, 2, 100, 64}, 1000);
     },
     "-64, a positive number expected"},
    {"HugeLlama2cDimensions", "m.bin",
     [] {
         return llama2c({1 << 30, 1 << 30, 1 << 30, 1 << 10, 1 << 10, 1 << 30, 1 << 30}, 1000);
     },
     "m.bin"},
    // Embeddings alone: 32000 x 4096 x 4 B = 524 MB, each of 32 layers 4 x 4096 x 4096 x 4 B = 268 MB and more.
    {"LargeLlama2cDimensions", "m.bin",
     [] {
         return llama2c({4096, 11008, 32, 32, 32, 32000, 2048}, 1000);
     },
     "the header asks for "},
    {"ShortLlama2c", "m.bin",
     [] {
         return llama2c({64, 128, 2, 4, 2, 100, 64}, 1000);
     },
     "the header asks for "},
    {"UnevenLlama2cHeads", "m.bin",
     [] {
         return llama2c({64, 128, 2, 5, 5, 100, 64}, 1000);
     },
     "hidden size 64 does not divide into 5"},
};

INSTANTIATE_TEST_SUITE_P(Cli, BadModelFile, ::testing::ValuesIn(kModels),
                         [](const auto& test) { return test.param.name; });

// Without this, the limit could be what ends the runs above.
TEST(GoodModelFile, RunsInTheMemoryThatBrokenOnesGet) {
    const TemporaryDirectory work;
    const std::string workload =
        work.write("w.yaml", "name: a\nmodel: {file: " + std::string(kModel) + "}\nprompt_tokens: 3\nmax_tokens: 3\n");
    const Outcome outcome = handset({"run", "--soc", kPhone, "--workload", workload, "--data", "off"}, little_memory());
    EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST(BadModelPath, DirectoryIsNoModel) {
    const TemporaryDirectory work;
    const std::string workload =
        work.write("w.yaml", "name: a\nmodel: {file: /tmp}\nprompt_tokens: 3\nmax_tokens: 3\n");
    const Outcome outcome = handset({"check", "--soc", kPhone, "--workload", workload});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("/tmp: cannot read: not a regular file"));
}

}  // namespace
}  // namespace handset::test
