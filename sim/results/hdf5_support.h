// SPDX-License-Identifier: Apache-2.0
// The thin layer over the HDF5 C API that reader and writer share: owned identifiers, failures as exceptions, and no
// output of the library's own on stderr.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <hdf5.h>

namespace handset::h5 {

/// An HDF5 call failed or a file is not laid out as expected; callers add the file name.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Throws Failure("<what> failed") when an HDF5 status or id is negative; returns it otherwise.
template <class T>
T check(T status, std::string_view what) {
    if (status < 0) {
        throw Failure(std::string(what) + " failed");
    }
    return status;
}

/// Owns one HDF5 identifier.
class Handle {
  public:
    using Close = herr_t (*)(hid_t);

    Handle() = default;
    Handle(hid_t id, Close close, std::string_view what) : id_(check(id, what)), close_(close) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (id_ >= 0) {
            (void)close_(id_);
        }
    }

    [[nodiscard]] hid_t id() const { return id_; }

  private:
    hid_t id_ = H5I_INVALID_HID;
    Close close_ = nullptr;
};

/// While alive, HDF5 prints no error stack; errors are reported by exceptions alone.
class QuietErrors {
  public:
    QuietErrors();
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;
    ~QuietErrors();

  private:
    H5E_auto2_t function_ = nullptr;
    void* data_ = nullptr;
};

/// Fixed-length UTF-8 string type; HDF5 has no strings of length zero, so an empty one is one NUL.
Handle text_type(std::size_t size);
Handle scalar_space();
/// Creation properties without time stamps: files of equal content are equal to the byte.
Handle dataset_properties();

void write_attribute(hid_t object, const char* name, std::string_view value);
void write_attribute(hid_t object, const char* name, std::uint32_t value);
/// A scalar string dataset.
void write_text(hid_t parent, const char* name, std::string_view value);

}  // namespace handset::h5
