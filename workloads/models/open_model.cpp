// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "sim/base/errors.h"
#include "workloads/models/model_file.h"

namespace handset {

namespace {

struct Reader {
    std::string_view format;
    std::string_view magic;      ///< first bytes of the file; empty: the format has none
    std::string_view extension;  ///< asked only when no magic matches
    bool own_tokenizer;
    ModelFile (*read)(const std::string& path, const std::string& tokenizer_path);
};

constexpr std::array kReaders{
    Reader{"GGUF", "GGUF", ".gguf", true,
           [](const std::string& path, const std::string& /*tokenizer*/) { return read_gguf(path); }},
    Reader{"llama2.c", "", ".bin", false, read_llama2c},
};

bool starts_with_magic(std::span<const std::byte> bytes, std::string_view magic) {
    return !magic.empty() && bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

const Reader& choose_reader(const std::string& path) {
    const MappedFile file(path);
    for (const Reader& reader : kReaders) {
        if (starts_with_magic(file.bytes(), reader.magic)) {
            return reader;
        }
    }
    for (const Reader& reader : kReaders) {
        if (path.ends_with(reader.extension)) {
            return reader;
        }
    }
    std::string known;
    for (const Reader& reader : kReaders) {
        known += (known.empty() ? "" : ", ") + std::string(reader.format) + " (" + std::string(reader.extension) + ")";
    }
    throw ConfigError(path + ": unknown model file format; known: " + known);
}

}  // namespace

ModelFile open_model(const std::string& path, const std::string& tokenizer_path) {
    const Reader& reader = choose_reader(path);
    if (reader.own_tokenizer && !tokenizer_path.empty()) {
        throw ConfigError(path + ": a " + std::string(reader.format) + " file brings its own tokenizer, '" +
                          tokenizer_path + "' must not be given");
    }
    return reader.read(path, tokenizer_path);
}

}  // namespace handset
