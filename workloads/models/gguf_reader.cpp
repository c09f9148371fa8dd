// SPDX-License-Identifier: Apache-2.0
// Source: GGUF v3 specification (ggml, docs/gguf.md) and the ggml type numbers of ggml.h.
#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "workloads/models/byte_reader.h"
#include "workloads/models/fused_projections.h"
#include "workloads/models/gguf_tokenizer.h"
#include "workloads/models/model_file.h"

namespace handset {

namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint32_t kVersion = 3;
constexpr std::uint64_t kMaxDims = 4;
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kMaxAlignment = 1 << 20;
constexpr std::uint64_t kMinEntryBytes = 8 + 4 + 1;           // key length, type, smallest value
constexpr std::uint64_t kMinTensorBytes = 8 + 4 + 8 + 4 + 8;  // name length, rank, one dimension, type, offset

enum class ValueType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

struct GgmlType {
    std::uint32_t id;
    std::string_view name;
    std::optional<NumberFormat> format;
};

constexpr std::array kGgmlTypes{
    GgmlType{0, "F32", NumberFormat::fp32},   GgmlType{1, "F16", NumberFormat::fp16},
    GgmlType{2, "Q4_0", NumberFormat::q4_0},  GgmlType{3, "Q4_1", std::nullopt},
    GgmlType{6, "Q5_0", std::nullopt},        GgmlType{7, "Q5_1", std::nullopt},
    GgmlType{8, "Q8_0", NumberFormat::q8_0},  GgmlType{9, "Q8_1", std::nullopt},
    GgmlType{10, "Q2_K", std::nullopt},       GgmlType{11, "Q3_K", std::nullopt},
    GgmlType{12, "Q4_K", std::nullopt},       GgmlType{13, "Q5_K", std::nullopt},
    GgmlType{14, "Q6_K", std::nullopt},       GgmlType{15, "Q8_K", std::nullopt},
    GgmlType{16, "IQ2_XXS", std::nullopt},    GgmlType{17, "IQ2_XS", std::nullopt},
    GgmlType{18, "IQ3_XXS", std::nullopt},    GgmlType{19, "IQ1_S", std::nullopt},
    GgmlType{20, "IQ4_NL", std::nullopt},     GgmlType{21, "IQ3_S", std::nullopt},
    GgmlType{22, "IQ2_S", std::nullopt},      GgmlType{23, "IQ4_XS", std::nullopt},
    GgmlType{24, "I8", std::nullopt},         GgmlType{25, "I16", std::nullopt},
    GgmlType{26, "I32", std::nullopt},        GgmlType{27, "I64", std::nullopt},
    GgmlType{28, "F64", std::nullopt},        GgmlType{29, "IQ1_M", std::nullopt},
    GgmlType{30, "BF16", NumberFormat::bf16}, GgmlType{34, "TQ1_0", std::nullopt},
    GgmlType{35, "TQ2_0", std::nullopt},
};

std::string quoted(std::string_view text) {
    constexpr std::size_t kShown = 80;  // a hostile name may be megabytes long
    return "'" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...'" : "'");
}

std::string read_string(ByteReader& in, std::string_view what) {
    const auto length = in.read<std::uint64_t>(what);
    return std::string(in.read_text(length, what));
}

bool read_bool(ByteReader& in) {
    const std::uint64_t at = in.offset();
    const auto value = in.read<std::uint8_t>("boolean value");
    if (value > 1) {
        in.fail(at, "boolean value is neither 0 nor 1");
    }
    return value == 1;
}

/// Reads one number of a scalar type and hands it to `take` as uint64_t, int64_t or double.
template <class Take>
void read_number(ByteReader& in, ValueType type, Take&& take) {
    constexpr std::string_view kWhat = "metadata value";
    switch (type) {
        case ValueType::u8:
            return take(std::uint64_t{in.read<std::uint8_t>(kWhat)});
        case ValueType::i8:
            return take(std::int64_t{in.read<std::int8_t>(kWhat)});
        case ValueType::u16:
            return take(std::uint64_t{in.read<std::uint16_t>(kWhat)});
        case ValueType::i16:
            return take(std::int64_t{in.read<std::int16_t>(kWhat)});
        case ValueType::u32:
            return take(std::uint64_t{in.read<std::uint32_t>(kWhat)});
        case ValueType::i32:
            return take(std::int64_t{in.read<std::int32_t>(kWhat)});
        case ValueType::f32:
            return take(double{in.read<float>(kWhat)});
        case ValueType::u64:
            return take(in.read<std::uint64_t>(kWhat));
        case ValueType::i64:
            return take(in.read<std::int64_t>(kWhat));
        case ValueType::f64:
            return take(in.read<double>(kWhat));
        default:
            in.fail("unknown metadata value type " + std::to_string(static_cast<std::uint32_t>(type)));
    }
}

/// Smallest number of bytes that a value of this type takes in the file.
std::uint64_t min_bytes(const ByteReader& in, ValueType type) {
    switch (type) {
        case ValueType::u8:
        case ValueType::i8:
        case ValueType::boolean:
            return 1;
        case ValueType::u16:
        case ValueType::i16:
            return 2;
        case ValueType::u32:
        case ValueType::i32:
        case ValueType::f32:
            return 4;
        case ValueType::u64:
        case ValueType::i64:
        case ValueType::f64:
        case ValueType::text:
            return 8;
        case ValueType::array:
            in.fail("arrays inside arrays are not supported");
    }
    in.fail("unknown array element type " + std::to_string(static_cast<std::uint32_t>(type)));
}

Metadata::Value read_array(ByteReader& in) {
    const auto type = in.read<ValueType>("array element type");
    const std::uint64_t each = min_bytes(in, type);
    const auto count = in.read<std::uint64_t>("array length");
    in.expect(count, each, "array of " + std::to_string(count) + " elements");
    if (type == ValueType::text) {
        std::vector<std::string> texts;
        texts.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            texts.push_back(read_string(in, "text in an array"));
        }
        return texts;
    }
    if (type == ValueType::f32 || type == ValueType::f64) {
        std::vector<double> numbers(count);
        for (double& number : numbers) {
            read_number(in, type, [&](auto value) { number = static_cast<double>(value); });
        }
        return numbers;
    }
    std::vector<std::int64_t> integers(count);
    for (std::int64_t& integer : integers) {
        if (type == ValueType::boolean) {
            integer = read_bool(in) ? 1 : 0;
        } else {
            read_number(in, type, [&](auto value) { integer = static_cast<std::int64_t>(value); });
        }
    }
    return integers;
}

Metadata::Value read_value(ByteReader& in) {
    const auto type = in.read<ValueType>("metadata value type");
    switch (type) {
        case ValueType::boolean:
            return read_bool(in);
        case ValueType::text:
            return read_string(in, "metadata text");
        case ValueType::array:
            return read_array(in);
        default:
            break;
    }
    Metadata::Value value;
    read_number(in, type, [&value](auto number) { value = number; });
    return value;
}

Metadata read_metadata(ByteReader& in, std::uint64_t count) {
    in.expect(count, kMinEntryBytes, std::to_string(count) + " metadata entries");
    Metadata metadata;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t at = in.offset();
        std::string key = read_string(in, "metadata key");
        if (key.empty()) {
            in.fail(at, "empty metadata key");
        }
        Metadata::Value value = read_value(in);
        const std::string shown = quoted(key);
        if (!metadata.add(std::move(key), std::move(value))) {
            in.fail(at, "metadata key " + shown + " appears twice");
        }
    }
    return metadata;
}

NumberFormat read_format(ByteReader& in, const std::string& tensor) {
    const std::uint64_t at = in.offset();
    const auto id = in.read<std::uint32_t>("tensor type");
    const auto* row =
        std::find_if(kGgmlTypes.begin(), kGgmlTypes.end(), [id](const GgmlType& t) { return t.id == id; });
    if (row == kGgmlTypes.end()) {
        in.fail(at, "tensor " + quoted(tensor) + ": unknown ggml type " + std::to_string(id));
    }
    if (!row->format) {
        in.fail(at, "tensor " + quoted(tensor) + ": ggml type " + std::string(row->name) +
                        " is not supported (supported: F32, F16, BF16, Q8_0, Q4_0)");
    }
    return *row->format;
}

/// Dimensions are stored innermost first. No supported format packs more than two elements into a byte, so a product
/// above twice the file's size cannot be stored in it; with that bound, nothing computed from a shape can overflow.
Shape read_shape(ByteReader& in, const std::string& tensor) {
    const std::uint64_t at = in.offset();
    const auto rank = in.read<std::uint32_t>("tensor rank");
    if (rank == 0 || rank > kMaxDims) {
        in.fail(at, "tensor " + quoted(tensor) + " has " + std::to_string(rank) + " dimensions, 1 to 4 expected");
    }
    const std::uint64_t most = 2 * in.size();
    Shape shape{.rows = 1, .cols = 1};
    for (std::uint32_t i = 0; i < rank; ++i) {
        const std::uint64_t dim_at = in.offset();
        const auto dim = in.read<std::uint64_t>("tensor dimension");
        if (dim == 0) {
            in.fail(dim_at, "tensor " + quoted(tensor) + " has a dimension of 0");
        }
        if (dim > most / (shape.rows * shape.cols)) {
            in.fail(dim_at, "tensor " + quoted(tensor) + " has more elements than the file has room for");
        }
        (i == 0 ? shape.cols : shape.rows) *= dim;
    }
    return shape;
}

/// The offset is relative to the data section until the header's end is known.
ModelTensor read_tensor(ByteReader& in) {
    ModelTensor tensor;
    const std::uint64_t at = in.offset();
    tensor.name = read_string(in, "tensor name");
    if (tensor.name.empty()) {
        in.fail(at, "empty tensor name");
    }
    tensor.shape = read_shape(in, tensor.name);
    tensor.format = read_format(in, tensor.name);
    try {
        tensor.size = tensor.shape.rows * row_bytes(tensor.format, tensor.shape.cols);
    } catch (const ConfigError& error) {
        in.fail(at, "tensor " + quoted(tensor.name) + ": " + error.what());
    }
    tensor.file_offset = in.read<std::uint64_t>("tensor offset");
    return tensor;
}

std::uint64_t alignment(const ByteReader& in, const Metadata& metadata) {
    std::uint64_t value = kDefaultAlignment;
    try {
        value = metadata.integer("general.alignment").value_or(kDefaultAlignment);
    } catch (const ConfigError& error) {
        in.fail(error.what());
    }
    if (!std::has_single_bit(value) || value > kMaxAlignment) {
        in.fail("general.alignment is " + std::to_string(value) + ", a power of two up to 1048576 expected");
    }
    return value;
}

void check_overlap(const ByteReader& in, const std::vector<ModelTensor>& tensors) {
    std::vector<const ModelTensor*> order;
    order.reserve(tensors.size());
    for (const ModelTensor& tensor : tensors) {
        order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(), [](const ModelTensor* a, const ModelTensor* b) {
        return std::tie(a->file_offset, a->name) < std::tie(b->file_offset, b->name);
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const ModelTensor& before = *order[i - 1];
        if (before.file_offset + before.size.count() > order[i]->file_offset) {
            in.fail(order[i]->file_offset,
                    "tensor " + quoted(order[i]->name) + " overlaps tensor " + quoted(before.name));
        }
    }
}

std::vector<ModelTensor> read_tensors(ByteReader& in, std::uint64_t count, const Metadata& metadata) {
    in.expect(count, kMinTensorBytes, std::to_string(count) + " tensor descriptions");
    std::vector<ModelTensor> tensors;
    std::vector<std::uint64_t> described_at;
    std::set<std::string_view> names;
    tensors.reserve(count);  // the names' views point into it
    for (std::uint64_t i = 0; i < count; ++i) {
        described_at.push_back(in.offset());
        tensors.push_back(read_tensor(in));
        if (!names.insert(tensors.back().name).second) {
            in.fail(described_at.back(), "tensor " + quoted(tensors.back().name) + " appears twice");
        }
    }
    const std::uint64_t align = alignment(in, metadata);
    const std::uint64_t data = div_ceil(in.offset(), align) * align;
    for (std::uint64_t i = 0; i < count; ++i) {
        ModelTensor& tensor = tensors[i];
        if (tensor.file_offset % align != 0) {
            in.fail(described_at[i], "tensor " + quoted(tensor.name) + ": data offset " +
                                         std::to_string(tensor.file_offset) + " is not a multiple of " +
                                         std::to_string(align));
        }
        const std::uint64_t room = in.size() > data ? in.size() - data : 0;
        if (tensor.file_offset > room || tensor.size.count() > room - tensor.file_offset) {
            in.fail(described_at[i], "tensor " + quoted(tensor.name) + ": " + std::to_string(tensor.size.count()) +
                                         " bytes of data lie beyond the end of the file");
        }
        tensor.file_offset += data;
    }
    check_overlap(in, tensors);
    return tensors;
}

}  // namespace

ModelFile read_gguf(const std::string& path) {
    ModelFile model;
    model.path = path;
    model.file = MappedFile(path);
    ByteReader in(path, model.file.bytes());
    if (in.read<std::uint32_t>("magic") != kMagic) {
        in.fail(0, "not a GGUF file (wrong magic)");
    }
    const auto version = in.read<std::uint32_t>("version");
    if (version != kVersion) {
        in.fail(4, "GGUF version " + std::to_string(version) + " is not supported (supported: 3)");
    }
    const auto tensors = in.read<std::uint64_t>("tensor count");
    const auto entries = in.read<std::uint64_t>("metadata count");
    model.metadata = read_metadata(in, entries);
    model.tensors = read_tensors(in, tensors, model.metadata);
    try {
        split_fused_projections(model);
        model.tokenizer = take_tokenizer(model.metadata);
    } catch (const ConfigError& error) {
        throw ConfigError(path + ": " + error.what());
    }
    return model;
}

}  // namespace handset
