// SPDX-License-Identifier: Apache-2.0
// A cursor over the bytes of a hostile file: every read is checked against what is left, and every failure names the
// file and the byte offset. Nothing is allocated from a count that the remaining bytes cannot hold.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "sim/base/errors.h"

namespace handset {

static_assert(std::endian::native == std::endian::little, "model files are little-endian and read in place");

class ByteReader {
  public:
    ByteReader(std::string file, std::span<const std::byte> bytes) : file_(std::move(file)), bytes_(bytes) {}

    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }
    [[nodiscard]] std::uint64_t remaining() const { return bytes_.size() - offset_; }

    [[noreturn]] void fail(std::uint64_t at, std::string_view reason) const {
        throw ConfigError(file_ + ": byte offset " + std::to_string(at) + ": " + std::string(reason));
    }
    [[noreturn]] void fail(std::string_view reason) const { fail(offset_, reason); }

    /// Checks that `count` items of at least `bytes_each` (> 0) are left.
    void expect(std::uint64_t count, std::uint64_t bytes_each, std::string_view what) const {
        if (count > remaining() / bytes_each) {
            fail(std::string(what) + ": file ends " + std::to_string(remaining()) + " bytes later, " +
                 std::to_string(count) + " x " + std::to_string(bytes_each) + " bytes expected");
        }
    }

    template <class T>
    requires std::is_trivially_copyable_v<T> T read(std::string_view what) {
        expect(1, sizeof(T), what);
        T value;
        std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
        offset_ += sizeof(T);
        return value;
    }

    /// The view lives as long as the file's bytes.
    std::string_view read_text(std::uint64_t length, std::string_view what) {
        expect(length, 1, what);
        const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + offset_, length);
        offset_ += length;
        return text;
    }

  private:
    std::string file_;
    std::span<const std::byte> bytes_;
    std::uint64_t offset_ = 0;
};

}  // namespace handset
