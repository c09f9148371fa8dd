// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/mapped_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "sim/base/errors.h"

namespace handset {

namespace {

[[noreturn]] void fail(const std::string& path, int error) {
    throw ConfigError(path + ": cannot read: " + std::generic_category().message(error));
}

class Descriptor {
  public:
    explicit Descriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
        if (fd_ < 0) {
            fail(path, errno);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(fd_); }
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

}  // namespace

MappedFile::MappedFile(const std::string& path) {
    const Descriptor descriptor(path);  // the mapping outlives the descriptor
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) {
        fail(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw ConfigError(path + ": cannot read: not a regular file");
    }
    if (status.st_size == 0) {
        return;  // mmap refuses empty ranges; an empty span says the same
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
    if (address == MAP_FAILED) {  // NOLINT(performance-no-int-to-ptr): the system's own constant
        fail(path, errno);
    }
    bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) {
        ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());  // NOLINT: munmap takes a mutable pointer
    }
}

}  // namespace handset
