// SPDX-License-Identifier: Apache-2.0
// A file that appears under its name complete or not at all: written to "<path>.part", synced, then renamed. A crash
// leaves at most the .part behind; a failure that is noticed removes it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace handset {

/// All members throw ConfigError "cannot write <path>: <reason of the operating system>".
class AtomicFile {
  public:
    explicit AtomicFile(const std::string& path);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    /// Removes the unfinished file unless commit() succeeded.
    ~AtomicFile();

    void write(std::string_view data);
    /// Flushes, syncs, closes and renames. Nothing may be written afterwards.
    void commit();

  private:
    void flush();
    void write_all(std::string_view data);
    [[noreturn]] void fail(int error) const;

    std::string path_;
    std::string part_;
    std::string buffer_;
    int fd_ = -1;
    bool committed_ = false;
};

/// Writes a whole file in one go, with the same guarantee.
void write_file_atomically(const std::string& path, std::string_view content);

}  // namespace handset
