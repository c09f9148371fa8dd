# SPDX-License-Identifier: Apache-2.0
"""Writes a llama-architecture model as GGUF version 3: norms F32, matrices Q8_0, everything little-endian."""
import os
import struct

import numpy as np

ALIGNMENT = 32
Q8_0_BLOCK = 32
GGML_F32, GGML_Q8_0 = 0, 8
FILE_TYPE_MOSTLY_Q8_0 = 7
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9


def quantise_q8_0(matrix):
    """ggml's reference Q8_0: per 32 values one f16 scale d = amax / 127, then int8 rounded half away from zero.

    The int8 values use the f32 scale, the file stores it as f16; ggml does the same.
    """
    blocks = np.ascontiguousarray(matrix, dtype=np.float32).reshape(-1, Q8_0_BLOCK)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    scaled = blocks * inverse
    values = (np.sign(scaled) * np.floor(np.abs(scaled) + np.float32(0.5))).astype(np.int8)
    return scale.astype(np.float16), values


def dequantise_q8_0(scale, values):
    """float32 blocks of 32."""
    return scale.astype(np.float32) * values.astype(np.float32)


def round_trip(array):
    """What a reader of the file sees of a float32 tensor."""
    if array.ndim == 1:
        return array.astype(np.float32)
    return dequantise_q8_0(*quantise_q8_0(array)).reshape(array.shape)


def _string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    if kind == _STRING:
        return _string(value)
    return struct.pack({_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f", _BOOL: "<?"}[kind], value)


def _entry(key, kind, value):
    return _string(key) + struct.pack("<I", kind) + _value(kind, value)


def _array_entry(key, kind, values):
    head = _string(key) + struct.pack("<IIQ", _ARRAY, kind, len(values))
    return head + b"".join(_value(kind, value) for value in values)


def _metadata(name, shape, tokenizer):
    """Key-value entries; `shape` is a model.Shape, `tokenizer` a tokenizer.Tokenizer."""
    from tokenizer import BOS_ID, EOS_ID, UNKNOWN_ID
    return [
        _entry("general.architecture", _STRING, "llama"),
        _entry("general.name", _STRING, name),
        _entry("general.license", _STRING, "apache-2.0"),
        _entry("general.alignment", _UINT32, ALIGNMENT),
        _entry("general.file_type", _UINT32, FILE_TYPE_MOSTLY_Q8_0),
        _entry("general.quantization_version", _UINT32, 2),
        _entry("llama.block_count", _UINT32, shape.layers),
        _entry("llama.context_length", _UINT32, shape.context),
        _entry("llama.embedding_length", _UINT32, shape.hidden),
        _entry("llama.feed_forward_length", _UINT32, shape.feed_forward),
        _entry("llama.attention.head_count", _UINT32, shape.heads),
        _entry("llama.attention.head_count_kv", _UINT32, shape.kv_heads),
        _entry("llama.attention.layer_norm_rms_epsilon", _FLOAT32, shape.rms_epsilon),
        _entry("llama.rope.dimension_count", _UINT32, shape.head_dim),
        _entry("llama.rope.freq_base", _FLOAT32, shape.rope_base),
        _entry("llama.vocab_size", _UINT32, shape.vocab),
        _entry("tokenizer.ggml.model", _STRING, "llama"),
        _array_entry("tokenizer.ggml.tokens", _STRING, tokenizer.pieces),
        _array_entry("tokenizer.ggml.scores", _FLOAT32, tokenizer.scores),
        _array_entry("tokenizer.ggml.token_type", _INT32, tokenizer.types),
        _entry("tokenizer.ggml.bos_token_id", _UINT32, BOS_ID),
        _entry("tokenizer.ggml.eos_token_id", _UINT32, EOS_ID),
        _entry("tokenizer.ggml.unknown_token_id", _UINT32, UNKNOWN_ID),
        _entry("tokenizer.ggml.add_bos_token", _BOOL, True),
        _entry("tokenizer.ggml.add_eos_token", _BOOL, False),
        _entry("tokenizer.ggml.add_space_prefix", _BOOL, True),
    ]


def _tensor_bytes(array):
    """(ggml type, data); a numpy matrix (rows, columns) is row-major, so its GGUF ne[0] is the column count."""
    if array.ndim == 1:
        return GGML_F32, array.astype("<f4").tobytes()
    scale, values = quantise_q8_0(array)
    return GGML_Q8_0, np.concatenate([scale.view(np.int8).reshape(-1, 2), values], axis=1).tobytes()


def _pad(length):
    return b"\0" * (-length % ALIGNMENT)


def write_gguf(path, name, shape, tokenizer, tensors):
    """Writes `tensors` (name -> float32 array, in file order) to `path`; a reader never sees a partial file."""
    metadata = _metadata(name, shape, tokenizer)
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)) + b"".join(metadata)
    data = b""
    for tensor_name, array in tensors.items():
        kind, content = _tensor_bytes(array)
        dimensions = array.shape[::-1]
        header += _string(tensor_name) + struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        header += struct.pack("<IQ", kind, len(data))
        data += content + _pad(len(content))
    temporary = f"{path}.part"
    with open(temporary, "wb") as stream:
        stream.write(header + _pad(len(header)) + data)
    os.replace(temporary, path)
