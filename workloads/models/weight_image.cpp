// SPDX-License-Identifier: Apache-2.0
#include "workloads/models/weight_image.h"

#include <algorithm>
#include <cstring>

#include "sim/base/errors.h"

namespace handset {

Address WeightImage::append(Segment segment) {
    segment.address = div_ceil(end_, kAlignment) * kAlignment;
    if (segments_.empty()) {
        segment.address = base_;
    }
    ensure(segment.size.count() > 0, "an empty segment of a weight image");
    end_ = segment.address + segment.size.count();
    segments_.push_back(std::move(segment));
    return segments_.back().address;
}

Address WeightImage::add_file(std::shared_ptr<const ModelFile> file) {
    const std::span<const std::byte> bytes = file->file.bytes();
    return append({.address = 0, .size = Bytes{bytes.size()}, .bytes = bytes, .owner = std::move(file)});
}

Address WeightImage::add_bytes(std::vector<std::byte> bytes) {
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    const std::span<const std::byte> view(*owner);
    return append({.address = 0, .size = Bytes{view.size()}, .bytes = view, .owner = std::move(owner)});
}

Address WeightImage::reserve(Bytes size) {
    return append({.address = 0, .size = size, .bytes = {}, .owner = nullptr});
}

bool WeightImage::has_data() const {
    return std::all_of(segments_.begin(), segments_.end(), [](const Segment& s) { return !s.bytes.empty(); });
}

void WeightImage::read(Address address, std::span<std::byte> out) const {
    ensure(address >= base_ && address <= end_ && out.size() <= end_ - address, "flash read outside the weight image");
    std::fill(out.begin(), out.end(), std::byte{0});
    const Address last = address + out.size();
    const auto after = [](Address a, const Segment& segment) { return a < segment.address + segment.size.count(); };
    auto segment = std::upper_bound(segments_.begin(), segments_.end(), address, after);
    for (; segment != segments_.end() && segment->address < last; ++segment) {
        ensure(!segment->bytes.empty(), "flash read of weights whose bytes were not generated");
        const Address from = std::max(address, segment->address);
        const Address to = std::min(last, segment->address + segment->size.count());
        std::memcpy(out.data() + (from - address), segment->bytes.data() + (from - segment->address), to - from);
    }
}

ModelWeights stored_weights(const std::shared_ptr<const ModelFile>& file, const DecoderConfig& config, Address base) {
    ModelWeights weights{.table = {}, .image = WeightImage(base)};
    const Address start = weights.image.add_file(file);
    std::unordered_map<std::string_view, const ModelTensor*> tensors;  // looked up only
    for (const ModelTensor& tensor : file->tensors) {
        tensors.emplace(tensor.name, &tensor);
    }
    for (const DecoderTensor& expected : decoder_tensors(config)) {
        const auto found = tensors.find(expected.name);
        ensure(found != tensors.end(), "the config does not describe this file: no tensor " + expected.name);
        weights.table.add({.name = expected.name,
                           .shape = expected.shape,
                           .format = found->second->format,
                           .role = expected.role,
                           .flash_address = start + found->second->file_offset});
    }
    return weights;
}

}  // namespace handset
