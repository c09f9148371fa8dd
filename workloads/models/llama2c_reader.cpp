// SPDX-License-Identifier: Apache-2.0
// Source: llama2.c (karpathy), run.c: checkpoint version 0 and tokenizer.bin.
#include <array>
#include <limits>

#include "workloads/models/byte_reader.h"
#include "workloads/models/model_file.h"

namespace handset {

namespace {

constexpr std::uint64_t kFloatBytes = 4;
constexpr std::uint32_t kBos = 1;
constexpr std::uint32_t kEos = 2;
constexpr std::uint32_t kFirstByteToken = 3;
constexpr std::uint32_t kByteTokens = 256;

struct Header {
    std::uint64_t hidden = 0;
    std::uint64_t ffn = 0;
    std::uint64_t layers = 0;
    std::uint64_t heads = 0;
    std::uint64_t kv_heads = 0;
    std::uint64_t vocab = 0;
    std::uint64_t context = 0;
    bool tied = true;

    [[nodiscard]] std::uint64_t kv_width() const { return hidden / heads * kv_heads; }
};

std::uint64_t read_positive(ByteReader& in, std::string_view what) {
    const std::uint64_t at = in.offset();
    const auto value = in.read<std::int32_t>(what);
    if (value <= 0) {
        in.fail(at, std::string(what) + " is " + std::to_string(value) + ", a positive number expected");
    }
    return static_cast<std::uint64_t>(value);
}

Header read_header(ByteReader& in) {
    Header header;
    header.hidden = read_positive(in, "hidden size");
    header.ffn = read_positive(in, "feed-forward size");
    header.layers = read_positive(in, "layer count");
    header.heads = read_positive(in, "head count");
    header.kv_heads = read_positive(in, "key-value head count");
    const std::uint64_t vocab_at = in.offset();
    const auto vocab = in.read<std::int32_t>("vocabulary size");
    if (vocab == 0 || vocab == std::numeric_limits<std::int32_t>::min()) {
        in.fail(vocab_at, "vocabulary size is " + std::to_string(vocab));
    }
    header.tied = vocab > 0;
    header.vocab = static_cast<std::uint64_t>(vocab > 0 ? vocab : -vocab);
    header.context = read_positive(in, "context length");
    if (header.hidden % header.heads != 0 || header.hidden / header.heads % 2 != 0) {
        in.fail(0, "hidden size " + std::to_string(header.hidden) + " does not divide into " +
                       std::to_string(header.heads) + " heads of even size");
    }
    if (header.heads % header.kv_heads != 0) {
        in.fail(0, std::to_string(header.heads) + " heads cannot share " + std::to_string(header.kv_heads) +
                       " key-value heads");
    }
    return header;
}

/// All sizes are below 2^31, so products of three fit 128 bits.
Wide float_count(const Header& h) {
    const Wide rope_tables = Wide{h.context} * (h.hidden / h.heads);
    const Wide layer = 2 * Wide{h.hidden} + 2 * Wide{h.hidden} * h.hidden + 2 * Wide{h.hidden} * h.kv_width() +
                       3 * Wide{h.hidden} * h.ffn;
    return Wide{h.vocab} * h.hidden * (h.tied ? 1U : 2U) + h.layers * layer + h.hidden + rope_tables;
}

void check_size(const ByteReader& in, const Header& header) {
    const Wide expected = float_count(header) * kFloatBytes;
    if (expected != in.remaining()) {
        const bool fits = expected <= std::numeric_limits<std::uint64_t>::max();
        in.fail("the header asks for " +
                (fits ? std::to_string(static_cast<std::uint64_t>(expected)) : std::string("more than 2^64")) +
                " bytes of weights, the file has " + std::to_string(in.remaining()));
    }
}

class TensorList {
  public:
    explicit TensorList(std::uint64_t begin) : offset_(begin) {}

    void add(const std::string& name, std::uint64_t rows, std::uint64_t cols) {
        const Bytes size{rows * cols * kFloatBytes};
        tensors_.push_back({.name = name,
                            .shape = {.rows = rows, .cols = cols},
                            .format = NumberFormat::fp32,
                            .file_offset = offset_,
                            .size = size});
        offset_ += size.count();
    }
    /// The file keeps each kind of layer weight together, all layers one after the other.
    void add_per_layer(const Header& header, std::string_view kind, std::uint64_t rows, std::uint64_t cols) {
        for (std::uint64_t layer = 0; layer < header.layers; ++layer) {
            add("blk." + std::to_string(layer) + "." + std::string(kind) + ".weight", rows, cols);
        }
    }
    void skip_floats(std::uint64_t count) { offset_ += count * kFloatBytes; }
    [[nodiscard]] std::vector<ModelTensor> take() { return std::move(tensors_); }

  private:
    std::uint64_t offset_;
    std::vector<ModelTensor> tensors_;
};

std::vector<ModelTensor> list_tensors(const Header& h, std::uint64_t begin) {
    TensorList list(begin);
    list.add("token_embd.weight", h.vocab, h.hidden);
    list.add_per_layer(h, "attn_norm", 1, h.hidden);
    list.add_per_layer(h, "attn_q", h.hidden, h.hidden);
    list.add_per_layer(h, "attn_k", h.kv_width(), h.hidden);
    list.add_per_layer(h, "attn_v", h.kv_width(), h.hidden);
    list.add_per_layer(h, "attn_output", h.hidden, h.hidden);
    list.add_per_layer(h, "ffn_norm", 1, h.hidden);
    list.add_per_layer(h, "ffn_gate", h.ffn, h.hidden);
    list.add_per_layer(h, "ffn_down", h.hidden, h.ffn);
    list.add_per_layer(h, "ffn_up", h.ffn, h.hidden);
    list.add("output_norm.weight", 1, h.hidden);
    list.skip_floats(h.context * (h.hidden / h.heads));  // RoPE tables: recomputed
    if (!h.tied) {
        list.add("output.weight", h.vocab, h.hidden);
    }
    return list.take();
}

/// The same keys that a GGUF file has, so that nobody else needs to know this format.
Metadata describe(const Header& header) {
    Metadata metadata;
    metadata.add("general.architecture", std::string("llama"));
    metadata.add("llama.embedding_length", header.hidden);
    metadata.add("llama.feed_forward_length", header.ffn);
    metadata.add("llama.block_count", header.layers);
    metadata.add("llama.attention.head_count", header.heads);
    metadata.add("llama.attention.head_count_kv", header.kv_heads);
    metadata.add("llama.context_length", header.context);
    metadata.add("llama.attention.layer_norm_rms_epsilon", 1e-5);
    metadata.add("llama.rope.freq_base", 10000.0);
    return metadata;
}

/// Pieces hold plain spaces and are merged by score: SentencePiece's algorithm after spaces became U+2581.
std::string with_visible_spaces(std::string_view piece) {
    std::string out;
    for (const char c : piece) {
        out += c == ' ' ? std::string("\xE2\x96\x81") : std::string(1, c);
    }
    return out;
}

TokenType type_of(std::uint32_t id) {
    if (id == 0) {
        return TokenType::unknown;
    }
    if (id < kFirstByteToken) {
        return TokenType::control;
    }
    return id < kFirstByteToken + kByteTokens ? TokenType::byte : TokenType::normal;
}

TokenizerData read_tokenizer(const std::string& path, std::uint64_t vocab) {
    const MappedFile file(path);
    ByteReader in(path, file.bytes());
    TokenizerData data;
    data.model = "llama";
    read_positive(in, "longest piece");
    in.expect(vocab, kFloatBytes + 4, std::to_string(vocab) + " pieces");
    for (std::uint32_t id = 0; id < vocab; ++id) {
        data.scores.push_back(in.read<float>("score"));
        const std::uint64_t at = in.offset();
        const auto length = in.read<std::int32_t>("piece length");
        if (length < 0) {
            in.fail(at, "piece " + std::to_string(id) + " has a negative length");
        }
        data.pieces.push_back(with_visible_spaces(in.read_text(static_cast<std::uint64_t>(length), "piece")));
        data.types.push_back(type_of(id));
    }
    if (in.remaining() > 0) {
        in.fail("the model has " + std::to_string(vocab) + " tokens, the tokenizer file has more");
    }
    if (vocab <= kFirstByteToken + kByteTokens) {
        in.fail("a llama2.c tokenizer has more than 259 pieces, this one has " + std::to_string(vocab));
    }
    data.bos = kBos;
    data.eos = kEos;
    data.unknown = 0;
    data.add_bos = true;
    data.add_space_prefix = true;
    return data;
}

}  // namespace

ModelFile read_llama2c(const std::string& path, const std::string& tokenizer_path) {
    ModelFile model;
    model.path = path;
    model.file = MappedFile(path);
    ByteReader in(path, model.file.bytes());
    const Header header = read_header(in);
    check_size(in, header);
    model.tensors = list_tensors(header, in.offset());
    model.metadata = describe(header);
    if (!tokenizer_path.empty()) {
        model.tokenizer = read_tokenizer(tokenizer_path, header.vocab);
    }
    return model;
}

}  // namespace handset
