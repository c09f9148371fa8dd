// SPDX-License-Identifier: Apache-2.0
// Writes GGUF bytes for tests, field by field, so that a test can break any one of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace handset::testing {

/// A byte string under construction.
class ByteWriter {
  public:
    template <class T>
    ByteWriter& put(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
        return *this;
    }
    ByteWriter& text(std::string_view value) {
        put(std::uint64_t{value.size()});
        bytes_ += value;
        return *this;
    }
    ByteWriter& zeros(std::size_t count) {
        bytes_.append(count, '\0');
        return *this;
    }
    ByteWriter& raw(std::string_view bytes) {
        bytes_ += bytes;
        return *this;
    }
    ByteWriter& pad_to(std::size_t alignment) { return zeros((alignment - bytes_.size() % alignment) % alignment); }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

struct GgufTensor {
    std::string name;
    std::vector<std::uint64_t> dims;
    std::uint32_t type = 0;
    std::uint64_t offset = 0;  ///< in the data section
};

/// What a GGUF file says; defaults make a valid one.
struct GgufFile {
    std::string magic = "GGUF";
    std::uint32_t version = 3;
    std::vector<std::string> entries;  ///< encoded key-value pairs
    std::vector<GgufTensor> tensors;
    std::uint64_t extra_entries = 0;  ///< claimed but absent
    std::uint64_t extra_tensors = 0;
    std::size_t alignment = 32;
    std::size_t data_bytes = 0;

    [[nodiscard]] std::string bytes() const;
};

std::string entry_u32(std::string_view key, std::uint32_t value);
std::string entry_f32(std::string_view key, float value);
std::string entry_bool(std::string_view key, bool value);
std::string entry_text(std::string_view key, std::string_view value);
std::string entry_texts(std::string_view key, const std::vector<std::string>& values);
std::string entry_floats(std::string_view key, const std::vector<float>& values);
std::string entry_ints(std::string_view key, const std::vector<std::int32_t>& values);

/// Two tensors, some metadata of each kind and a tokenizer of three pieces.
GgufFile small_gguf();

/// Path of a file of the shared test data, empty when absent (the test skips).
std::string shared_data(const std::string& name);

}  // namespace handset::testing
