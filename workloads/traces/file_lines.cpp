// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/file_lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "sim/base/errors.h"

namespace handset {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;
constexpr std::size_t kLongestLine = 1000;

}  // namespace

/// The start of a word, for messages about hostile files.
std::string quoted(std::string_view word) {
    constexpr std::size_t kLongest = 40;
    std::string out = "'";
    for (const char c : word.substr(0, kLongest)) {
        out += c >= ' ' && c <= '~' ? c : '?';
    }
    return out + (word.size() > kLongest ? "...'" : "'");
}

FileLines::FileLines(const std::string& path) : path_(path), buffer_(kBufferBytes) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) {
        throw ConfigError("cannot read " + path + ": it is a directory");
    }
    file_.open(path, std::ios::binary);
    if (!file_) {
        throw ConfigError("cannot read " + path + ": " + std::strerror(errno));
    }
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    size_ = error ? 0 : size;
}

bool FileLines::next(std::string_view& line) {
    ++number_;
    while (true) {
        const char* const begin = buffer_.data() + begin_;
        const void* const newline = std::memchr(begin, '\n', end_ - begin_);
        if (newline != nullptr) {
            const auto length = static_cast<std::size_t>(static_cast<const char*>(newline) - begin);
            take(line, length, length + 1);
            return true;
        }
        if (!refill()) {
            const std::size_t length = end_ - begin_;
            take(line, length, length);
            return length > 0;
        }
    }
}

unsigned FileLines::percent_done() const {
    const double share = size_ == 0 ? 1.0 : static_cast<double>(consumed_) / static_cast<double>(size_);
    return static_cast<unsigned>(std::min(share, 1.0) * 100.0);
}

void FileLines::check_length(std::size_t length) const {
    if (length > kLongestLine) {
        throw ConfigError(where() + ": the line has more than " + std::to_string(kLongestLine) + " characters");
    }
}

void FileLines::take(std::string_view& line, std::size_t length, std::size_t advance) {
    check_length(length);
    line = {buffer_.data() + begin_, length};
    if (!line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
    }
    begin_ += advance;
    consumed_ += advance;
}

/// Moves the rest of the buffer to its front and reads on; false at the end of the file.
bool FileLines::refill() {
    check_length(end_ - begin_);
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    file_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    if (file_.bad()) {
        throw ConfigError("cannot read " + path_ + ": " + std::strerror(errno));
    }
    const auto got = static_cast<std::size_t>(file_.gcount());
    end_ += got;
    return got > 0;
}

}  // namespace handset
