// SPDX-License-Identifier: Apache-2.0
#include "sim/results/hdf5_support.h"

#include <algorithm>
#include <cstdint>

namespace handset::h5 {
namespace {

/// Value bytes padded to the length of their type.
std::string padded(std::string_view value) {
    return value.empty() ? std::string(1, '\0') : std::string(value);
}

}  // namespace

QuietErrors::QuietErrors() {
    (void)H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    (void)H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

QuietErrors::~QuietErrors() {
    (void)H5Eset_auto2(H5E_DEFAULT, function_, data_);
}

Handle text_type(std::size_t size) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "string type");
    check(H5Tset_size(type.id(), std::max<std::size_t>(size, 1)), "string size");
    check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "string padding");
    check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "string encoding");
    return type;
}

Handle scalar_space() {
    return {H5Screate(H5S_SCALAR), H5Sclose, "scalar dataspace"};
}

Handle dataset_properties() {
    Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "dataset properties");
    check(H5Pset_obj_track_times(properties.id(), false), "dataset properties");
    return properties;
}

void write_attribute(hid_t object, const char* name, std::string_view value) {
    const std::string bytes = padded(value);
    const Handle type = text_type(bytes.size());
    const Handle space = scalar_space();
    const Handle attribute(H5Acreate2(object, name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                           std::string("creating attribute '") + name + "'");
    check(H5Awrite(attribute.id(), type.id(), bytes.data()), "writing an attribute");
}

void write_attribute(hid_t object, const char* name, std::uint32_t value) {
    const Handle space = scalar_space();
    const Handle attribute(H5Acreate2(object, name, H5T_STD_U32LE, space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                           std::string("creating attribute '") + name + "'");
    check(H5Awrite(attribute.id(), H5T_NATIVE_UINT32, &value), "writing an attribute");
}

void write_text(hid_t parent, const char* name, std::string_view value) {
    const std::string bytes = padded(value);
    const Handle type = text_type(bytes.size());
    const Handle space = scalar_space();
    const Handle properties = dataset_properties();
    const Handle dataset(H5Dcreate2(parent, name, type.id(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
                         H5Dclose, std::string("creating dataset '") + name + "'");
    check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), "writing text");
}

}  // namespace handset::h5
