// SPDX-License-Identifier: Apache-2.0
#include "hw_models/dram/dram_store.h"

#include <cstring>
#include <string>
#include <sys/mman.h>

#include "sim/base/errors.h"

namespace handset {

MappedStore::MappedStore(Bytes size) : size_(size) {
    void* base =
        ::mmap(nullptr, size.count(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {  // NOLINT(cppcoreguidelines-pro-type-cstyle-cast, performance-no-int-to-ptr): the macro
        throw ConfigError("this computer refuses " + std::to_string(size.count()) +
                          " B of address space for the simulated DRAM; use a smaller capacity or data off");
    }
    base_ = static_cast<std::byte*>(base);
}

MappedStore::~MappedStore() {
    ::munmap(base_, size_.count());
}

void MappedStore::check(Address address, std::size_t size) const {
    if (address > size_.count() || size > size_.count() - address) {
        throw ModelError("access outside the memory: address " + std::to_string(address) + ", " + std::to_string(size) +
                         " B");
    }
}

void MappedStore::read(Address address, std::span<std::byte> bytes) const {
    check(address, bytes.size());
    std::memcpy(bytes.data(), base_ + address, bytes.size());
}

void MappedStore::write(Address address, std::span<const std::byte> bytes) {
    check(address, bytes.size());
    std::memcpy(base_ + address, bytes.data(), bytes.size());
}

}  // namespace handset
