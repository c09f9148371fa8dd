// SPDX-License-Identifier: Apache-2.0
// A file mapped read-only into memory for as long as the object lives. Pages are read by the host on demand, so mapping
// a model of many gigabytes costs nothing. Moving keeps the mapped address.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace handset {

class MappedFile {
  public:
    MappedFile() = default;
    /// Throws ConfigError naming the path when it is not a readable regular file.
    explicit MappedFile(const std::string& path);
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  private:
    std::span<const std::byte> bytes_;
};

}  // namespace handset
