// SPDX-License-Identifier: Apache-2.0
// A text file of any length line by line in constant memory, with the place for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace handset {

/// The start of a word, for messages about hostile files.
std::string quoted(std::string_view word);

class FileLines {
  public:
    /// Throws ConfigError when the file cannot be opened.
    explicit FileLines(const std::string& path);

    /// The next line without its end; false behind the last. The text lives until the next call. Throws ConfigError for
    /// a line of more than 1000 characters.
    bool next(std::string_view& line);
    [[nodiscard]] const std::string& path() const { return path_; }
    /// "path:line" of the last line.
    [[nodiscard]] std::string where() const { return path_ + ":" + std::to_string(number_); }
    [[nodiscard]] unsigned percent_done() const;

  private:
    void check_length(std::size_t length) const;
    void take(std::string_view& line, std::size_t length, std::size_t advance);
    bool refill();

    std::string path_;
    std::ifstream file_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t consumed_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace handset
