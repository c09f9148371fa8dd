#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a llama-architecture GGUF in numpy float32 and continues a prompt greedily; shares no code with the simulator.

Weights are dequantised once and every product is a float32 matrix-vector product, so this is the answer that any other
implementation of the same file should give. Usage:

  generate.py MODEL "Once upon a time" [--tokens N]
  generate.py MODEL --expected FILE      writes token ids and text of the reference prompts as JSON
  generate.py MODEL --verify FILE        fails unless the model still gives the token ids in that file
"""
import argparse
import json
import sys

import numpy as np

import gguf_reader
from tokenizer import EOS_ID, Tokenizer

REFERENCE_PROMPTS = (
    "Once upon a time",
    "The lamp was in the kitchen. Mia was in the kitchen. Tom was in the park. Mia picked up the lamp. "
    "Mia went to the park. Mia gave the lamp to Tom. Question: Who has the lamp? Answer:",
    "Question: Why does a phone get warm? Answer:",
    # Few free choices follow, so the best token leads clearly: for implementations that round activations.
    "Once upon a time, there was a kind girl named Nora. She lived in a small house by the sea. One night, a big storm "
    "came,",
)
REFERENCE_TOKENS = 64


class Model:
    """Weights, shape and the key-value cache of one sequence."""

    def __init__(self, path):
        self.metadata, self.tensors = gguf_reader.read_gguf(path)
        self.layers = self.metadata["llama.block_count"]
        self.heads = self.metadata["llama.attention.head_count"]
        self.kv_heads = self.metadata["llama.attention.head_count_kv"]
        self.head_dim = self.metadata["llama.embedding_length"] // self.heads
        self.epsilon = np.float32(self.metadata["llama.attention.layer_norm_rms_epsilon"])
        self.context = self.metadata["llama.context_length"]
        rotated = self.metadata["llama.rope.dimension_count"]
        exponents = np.arange(0, rotated, 2, dtype=np.float64) / rotated
        self.frequencies = self.metadata["llama.rope.freq_base"] ** -exponents
        self.tokenizer = Tokenizer(self.metadata["tokenizer.ggml.tokens"], self.metadata["tokenizer.ggml.scores"],
                                   self.metadata["tokenizer.ggml.token_type"])
        self.reset()

    def reset(self):
        """Forgets the sequence."""
        self.keys = [[] for _ in range(self.layers)]
        self.values = [[] for _ in range(self.layers)]
        self.position = 0

    def norm(self, x, name):
        return x / np.sqrt(np.mean(x * x) + self.epsilon) * self.tensors[name]

    def rotate(self, x):
        """Rotates the pairs (2i, 2i+1) of every head; x is (heads, head_dim)."""
        angles = self.position * self.frequencies
        cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        even, odd = x[:, 0::2], x[:, 1::2]
        return np.stack((even * cos - odd * sin, even * sin + odd * cos), axis=-1).reshape(x.shape)

    def attention(self, layer, x):
        def weight(part):
            return self.tensors[f"blk.{layer}.attn_{part}.weight"]

        q = self.rotate((weight("q") @ x).reshape(self.heads, self.head_dim))
        self.keys[layer].append(self.rotate((weight("k") @ x).reshape(self.kv_heads, self.head_dim)))
        self.values[layer].append((weight("v") @ x).reshape(self.kv_heads, self.head_dim))
        keys, values = np.stack(self.keys[layer]), np.stack(self.values[layer])
        group = self.heads // self.kv_heads
        mixed = []
        for head in range(self.heads):
            scores = keys[:, head // group] @ q[head] / np.float32(np.sqrt(self.head_dim))
            scores = np.exp(scores - scores.max())
            mixed.append((scores / scores.sum()) @ values[:, head // group])
        return weight("output") @ np.concatenate(mixed)

    def feed_forward(self, layer, x):
        def weight(part):
            return self.tensors[f"blk.{layer}.ffn_{part}.weight"]

        gate = weight("gate") @ x
        return weight("down") @ (gate / (1 + np.exp(-gate)) * (weight("up") @ x))

    def logits(self, token):
        """Takes one more token and returns the logits of its successor (vocab,)."""
        x = self.tensors["token_embd.weight"][token]
        for layer in range(self.layers):
            x = x + self.attention(layer, self.norm(x, f"blk.{layer}.attn_norm.weight"))
            x = x + self.feed_forward(layer, self.norm(x, f"blk.{layer}.ffn_norm.weight"))
        self.position += 1
        output = self.tensors.get("output.weight", self.tensors["token_embd.weight"])
        return output @ self.norm(x, "output_norm.weight")


def generate(model, prompt, count, stop_at_end=True):
    """(prompt ids, generated ids, smallest gap between the best and second-best logit, logits after the prompt)."""
    model.reset()
    prompt_ids = model.tokenizer.encode(prompt)
    for token in prompt_ids:
        logits = model.logits(token)
    after_prompt, generated, gap = logits, [], float("inf")
    while len(generated) < count and model.position < model.context:
        best = int(np.argmax(logits))
        gap = min(gap, float(logits[best] - np.partition(logits, -2)[-2]))
        generated.append(best)
        if best == EOS_ID and stop_at_end:
            break
        logits = model.logits(best)
    return prompt_ids, generated, gap, after_prompt


def continuation(tokenizer, prompt_ids, generated):
    """The generated text as it follows the prompt."""
    return tokenizer.decode(prompt_ids + generated)[len(tokenizer.decode(prompt_ids)):]


def expected(model):
    """Reference continuations; they run on past </s>, as a fixed token count is what a comparison needs."""
    entries = []
    for prompt in REFERENCE_PROMPTS:
        prompt_ids, generated, gap, logits = generate(model, prompt, REFERENCE_TOKENS, stop_at_end=False)
        until_end = generated[:generated.index(EOS_ID)] if EOS_ID in generated else generated
        entries.append({
            "prompt": prompt,
            "prompt_ids": prompt_ids,
            "generated_ids": generated,
            "text": continuation(model.tokenizer, prompt_ids, generated),
            "text_until_end": continuation(model.tokenizer, prompt_ids, until_end),
            "smallest_top2_logit_gap": round(gap, 6),
            "first_logits": [round(float(value), 5) for value in logits[:8]],
        })
    return entries


def verify(model, path):
    """Number of entries of the file whose token ids differ from what the model gives now."""
    with open(path, encoding="utf-8") as stream:
        entries = json.load(stream)
    wrong = 0
    for entry in entries:
        prompt_ids, generated, _, _ = generate(model, entry["prompt"], len(entry["generated_ids"]), stop_at_end=False)
        if (prompt_ids, generated) != (entry["prompt_ids"], entry["generated_ids"]):
            print(f"differs: {entry['prompt']!r}\n  expected {entry['generated_ids']}\n  got      {generated}")
            wrong += 1
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("prompt", nargs="?", default=REFERENCE_PROMPTS[0])
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--expected", help="JSON file to write")
    parser.add_argument("--verify", help="JSON file to compare with")
    arguments = parser.parse_args()
    model = Model(arguments.model)
    if arguments.verify:
        sys.exit(1 if verify(model, arguments.verify) else 0)
    if arguments.expected:
        with open(arguments.expected, "w", encoding="utf-8") as stream:
            json.dump(expected(model), stream, indent=1, ensure_ascii=False)
            stream.write("\n")
        return
    prompt_ids, generated, _, _ = generate(model, arguments.prompt, arguments.tokens)
    print(model.tokenizer.decode(prompt_ids) + continuation(model.tokenizer, prompt_ids, generated))


if __name__ == "__main__":
    main()
