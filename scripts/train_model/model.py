# SPDX-License-Identifier: Apache-2.0
"""The llama architecture in torch, for training: RMSNorm, interleaved RoPE, grouped-query attention, SwiGLU."""
import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional


@dataclasses.dataclass(frozen=True)
class Shape:
    """Every matrix row length is a multiple of 32, the Q8_0 block."""

    vocab: int = 512
    context: int = 256
    hidden: int = 128
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 384
    rms_epsilon: float = 1e-5
    rope_base: float = 10000.0

    @property
    def head_dim(self):
        return self.hidden // self.heads


class RmsNorm(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.hidden))
        self.epsilon = shape.rms_epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


def rope_tables(shape):
    """cos and sin of position * base^(-2i/head_dim), shaped (context, head_dim / 2)."""
    exponents = torch.arange(0, shape.head_dim, 2, dtype=torch.float64) / shape.head_dim
    angles = torch.outer(torch.arange(shape.context, dtype=torch.float64), shape.rope_base ** -exponents)
    return angles.cos().float(), angles.sin().float()


def rotate(x, cos, sin):
    """Rotates the pairs (2i, 2i+1) of the last dimension; x is (batch, heads, tokens, head_dim)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        kv_width = shape.kv_heads * shape.head_dim
        self.attn_norm = RmsNorm(shape)
        self.attn_q = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.attn_k = nn.Linear(shape.hidden, kv_width, bias=False)
        self.attn_v = nn.Linear(shape.hidden, kv_width, bias=False)
        self.attn_output = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.ffn_norm = RmsNorm(shape)
        self.ffn_gate = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.ffn_up = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.ffn_down = nn.Linear(shape.feed_forward, shape.hidden, bias=False)

    def attention(self, x, cos, sin, mask):
        shape, (batch, tokens, _) = self.shape, x.shape
        group = shape.heads // shape.kv_heads

        def split(y, heads):
            return y.view(batch, tokens, heads, shape.head_dim).transpose(1, 2)

        q = rotate(split(self.attn_q(x), shape.heads), cos, sin) * (shape.head_dim ** -0.5)
        k = rotate(split(self.attn_k(x), shape.kv_heads), cos, sin)
        v = split(self.attn_v(x), shape.kv_heads)
        # Query heads 2j and 2j+1 share KV head j; folding them into the token dimension avoids copying k and v.
        q = q.reshape(batch, shape.kv_heads, group * tokens, shape.head_dim)
        scores = (q @ k.transpose(-1, -2)).view(batch, shape.heads, tokens, tokens) + mask
        weights = functional.softmax(scores, dim=-1)
        mixed = weights.view(batch, shape.kv_heads, group * tokens, tokens) @ v
        mixed = mixed.view(batch, shape.heads, tokens, shape.head_dim).transpose(1, 2)
        return self.attn_output(mixed.reshape(batch, tokens, shape.hidden))

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.attn_norm(x), cos, sin, mask)
        y = self.ffn_norm(x)
        return x + self.ffn_down(functional.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocab, shape.hidden)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = RmsNorm(shape)
        cos, sin = rope_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.apply(self._initialise)

    def _initialise(self, module):
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.05)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.5 / math.sqrt(module.in_features))

    def forward(self, tokens, document):
        """Logits (batch, tokens, vocab); a token attends to earlier tokens with the same `document` number."""
        count = tokens.shape[1]
        visible = (document[:, :, None] == document[:, None, :]).tril()
        mask = torch.zeros(visible.shape).masked_fill_(~visible, float("-inf"))[:, None]
        x = self.token_embd(tokens)
        for block in self.blk:
            x = block(x, self.cos[:count], self.sin[:count], mask)
        return functional.linear(self.output_norm(x), self.token_embd.weight)

    def gguf_tensors(self):
        """Parameters as float32 arrays; module names are the names llama.cpp gives the tensors."""
        return {name: value.detach().numpy() for name, value in self.named_parameters()}
