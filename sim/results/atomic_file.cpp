// SPDX-License-Identifier: Apache-2.0
#include "sim/results/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "sim/base/errors.h"

namespace handset {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 16;

/// The new name survives a power cut only when its directory is on disk too. Some file systems refuse to sync a
/// directory; the file itself is complete then, so that is no failure.
void sync_directory_of(const std::string& path) {
    std::filesystem::path directory = std::filesystem::path(path).parent_path();
    if (directory.empty()) {
        directory = ".";
    }
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)::fsync(fd);
        (void)::close(fd);
    }
}

/// A symbolic link keeps pointing: the file behind it, which may not exist yet, is the one written.
std::string target_of(const std::string& path) {
    constexpr int kMaxLinks = 16;
    std::filesystem::path at = path;
    std::error_code error;
    for (int links = 0; links < kMaxLinks && std::filesystem::is_symlink(at, error); ++links) {
        at = at.parent_path() / std::filesystem::read_symlink(at, error);
    }
    return at.string();
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(target_of(path)), part_(path_ + ".part") {
    fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) {
        fail(errno);
    }
    buffer_.reserve(kBufferSize);
}

AtomicFile::~AtomicFile() {
    if (fd_ >= 0) {
        (void)::close(fd_);
    }
    if (!committed_) {
        (void)std::remove(part_.c_str());
    }
}

void AtomicFile::write(std::string_view data) {
    if (buffer_.size() + data.size() > kBufferSize) {
        flush();
    }
    if (data.size() >= kBufferSize) {
        write_all(data);
    } else {
        buffer_ += data;
    }
}

void AtomicFile::flush() {
    write_all(buffer_);
    buffer_.clear();
}

void AtomicFile::write_all(std::string_view data) {
    while (!data.empty()) {
        const ssize_t written = ::write(fd_, data.data(), data.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(errno);
        }
        data.remove_prefix(static_cast<std::size_t>(written));
    }
}

void AtomicFile::commit() {
    flush();
    if (::fsync(fd_) != 0) {
        fail(errno);
    }
    // Network file systems report a full disk only here.
    if (::close(std::exchange(fd_, -1)) != 0) {
        fail(errno);
    }
    if (std::rename(part_.c_str(), path_.c_str()) != 0) {
        fail(errno);
    }
    committed_ = true;
    sync_directory_of(path_);
}

void AtomicFile::fail(int error) const {
    throw ConfigError("cannot write " + path_ + ": " + std::generic_category().message(error));
}

void write_file_atomically(const std::string& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

}  // namespace handset
