// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/models/gguf_bytes.h"

#include <cstdlib>
#include <filesystem>

namespace handset::testing {

namespace {

constexpr std::uint32_t kU32 = 4;
constexpr std::uint32_t kI32 = 5;
constexpr std::uint32_t kF32 = 6;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kText = 8;
constexpr std::uint32_t kArray = 9;

ByteWriter array(std::string_view key, std::uint32_t type, std::uint64_t count) {
    ByteWriter out;
    out.text(key).put(kArray).put(type).put(count);
    return out;
}

}  // namespace

std::string GgufFile::bytes() const {
    ByteWriter out;
    out.raw(magic).put(version);
    out.put(std::uint64_t{tensors.size() + extra_tensors}).put(std::uint64_t{entries.size() + extra_entries});
    for (const std::string& entry : entries) {
        out.raw(entry);
    }
    for (const GgufTensor& tensor : tensors) {
        out.text(tensor.name).put(static_cast<std::uint32_t>(tensor.dims.size()));
        for (const std::uint64_t dim : tensor.dims) {
            out.put(dim);
        }
        out.put(tensor.type).put(tensor.offset);
    }
    if (data_bytes > 0) {
        out.pad_to(alignment).zeros(data_bytes);
    }
    return out.bytes();
}

std::string entry_u32(std::string_view key, std::uint32_t value) {
    return ByteWriter().text(key).put(kU32).put(value).bytes();
}
std::string entry_f32(std::string_view key, float value) {
    return ByteWriter().text(key).put(kF32).put(value).bytes();
}
std::string entry_bool(std::string_view key, bool value) {
    return ByteWriter().text(key).put(kBool).put(static_cast<std::uint8_t>(value)).bytes();
}
std::string entry_text(std::string_view key, std::string_view value) {
    return ByteWriter().text(key).put(kText).text(value).bytes();
}
std::string entry_texts(std::string_view key, const std::vector<std::string>& values) {
    ByteWriter out = array(key, kText, values.size());
    for (const std::string& value : values) {
        out.text(value);
    }
    return out.bytes();
}
std::string entry_floats(std::string_view key, const std::vector<float>& values) {
    ByteWriter out = array(key, kF32, values.size());
    for (const float value : values) {
        out.put(value);
    }
    return out.bytes();
}
std::string entry_ints(std::string_view key, const std::vector<std::int32_t>& values) {
    ByteWriter out = array(key, kI32, values.size());
    for (const std::int32_t value : values) {
        out.put(value);
    }
    return out.bytes();
}

GgufFile small_gguf() {
    GgufFile file;
    file.entries = {entry_text("general.architecture", "llama"),
                    entry_u32("llama.block_count", 2),
                    entry_f32("llama.rope.freq_base", 10000.0F),
                    entry_bool("tokenizer.ggml.add_bos_token", true),
                    entry_text("tokenizer.ggml.model", "llama"),
                    entry_texts("tokenizer.ggml.tokens", {"<unk>", "a", "b"}),
                    entry_floats("tokenizer.ggml.scores", {0.0F, -1.0F, -2.0F}),
                    entry_ints("tokenizer.ggml.token_type", {2, 1, 1}),
                    entry_u32("tokenizer.ggml.bos_token_id", 1)};
    // 3 rows of 64 q8_0 elements: 3 * 2 * 34 = 204 bytes; the next multiple of 32 is 224. 5 fp32 = 20 bytes.
    file.tensors = {{.name = "w", .dims = {64, 3}, .type = 8, .offset = 0},
                    {.name = "norm", .dims = {5}, .type = 0, .offset = 224}};
    file.data_bytes = 244;
    return file;
}

std::string shared_data(const std::string& name) {
    const char* given = std::getenv("HANDSET_SHARED_DATA");  // NOLINT(concurrency-mt-unsafe): tests are one thread
    const std::filesystem::path root =
        given != nullptr ? std::filesystem::path(given) : std::filesystem::path(HANDSET_SOURCE_DIR) / "../shared/data";
    const std::filesystem::path file = root / name;
    return std::filesystem::exists(file) ? file.string() : std::string();
}

}  // namespace handset::testing
