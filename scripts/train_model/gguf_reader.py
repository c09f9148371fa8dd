# SPDX-License-Identifier: Apache-2.0
"""Reads a GGUF version 3 file with F32, F16 and Q8_0 tensors into numpy float32 arrays."""
import struct

import numpy as np

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_F32, _F16, _Q8_0 = 0, 1, 8
_Q8_0_RECORD = np.dtype([("scale", "<f2"), ("values", "i1", 32)])


class _Cursor:
    def __init__(self, data):
        self.data = data
        self.position = 0

    def scalar(self, code):
        value, = struct.unpack_from("<" + code, self.data, self.position)
        self.position += struct.calcsize("<" + code)
        return value

    def string(self):
        length = self.scalar("Q")
        self.position += length
        return bytes(self.data[self.position - length:self.position]).decode("utf-8")

    def value(self, kind):
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            element = self.scalar("I")
            return [self.value(element) for _ in range(self.scalar("Q"))]
        return self.scalar(_SCALARS[kind])


def _tensor(data, offset, kind, shape):
    """float32 array of `shape` (numpy order: rows first)."""
    count = int(np.prod(shape))
    if kind == _F32:
        return np.frombuffer(data, "<f4", count, offset).reshape(shape)
    if kind == _F16:
        return np.frombuffer(data, "<f2", count, offset).astype(np.float32).reshape(shape)
    if kind == _Q8_0:
        blocks = np.frombuffer(data, _Q8_0_RECORD, count // 32, offset)
        return (blocks["scale"].astype(np.float32)[:, None] * blocks["values"].astype(np.float32)).reshape(shape)
    raise ValueError(f"tensor type {kind} is not supported; known: F32 (0), F16 (1), Q8_0 (8)")


def read_gguf(path):
    """(metadata, tensors): dictionaries by key and by tensor name."""
    with open(path, "rb") as stream:
        data = stream.read()
    cursor = _Cursor(data)
    if data[:4] != b"GGUF":
        raise ValueError(f"{path}: not a GGUF file")
    cursor.position = 4
    version = cursor.scalar("I")
    if version != 3:
        raise ValueError(f"{path}: GGUF version {version}, expected 3")
    tensor_count, entry_count = cursor.scalar("Q"), cursor.scalar("Q")
    metadata = {}
    for _ in range(entry_count):
        key = cursor.string()
        metadata[key] = cursor.value(cursor.scalar("I"))
    directory = []
    for _ in range(tensor_count):
        name = cursor.string()
        shape = tuple(cursor.scalar("Q") for _ in range(cursor.scalar("I")))[::-1]
        directory.append((name, shape, cursor.scalar("I"), cursor.scalar("Q")))
    alignment = metadata.get("general.alignment", 32)
    start = -(-cursor.position // alignment) * alignment
    return metadata, {name: _tensor(data, start + offset, kind, shape) for name, shape, kind, offset in directory}
