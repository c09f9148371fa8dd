#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the small decoder that the project ships and writes it as a Q8_0 GGUF, with a report of its losses.

Needs Debian's python3-torch (1.13) and, for a tolerable speed, libopenblas0-pthread; neither is needed to build, test
or run handset. Usage, from the repository root:

  OMP_NUM_THREADS=1 scripts/train_model/train.py --output configs/models/tiny_handset.gguf \\
      --report configs/models/training_report.json

Fixed by the seed: documents, vocabulary, initial weights and batch order. The last bits of the weights still depend on
the BLAS that torch finds, so a second machine reproduces the loss, not the file's checksum.
"""
import argparse
import json
import math
import random
import time

import numpy as np
import torch
from torch.nn import functional

import corpus
import gguf_reader
import gguf_writer
from model import Decoder, Shape
from tokenizer import EOS_ID, Tokenizer, train_bpe

MODEL_NAME = "tiny_handset"
HELD_OUT_DOCUMENTS = 600


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True, help="GGUF file to write")
    parser.add_argument("--report", required=True, help="JSON file to write with losses and sizes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int, default=corpus.DEFAULT_DOCUMENTS)
    parser.add_argument("--steps", type=int, default=4800)
    parser.add_argument("--stop-after", type=int, help="end after this many steps of the schedule (default: all)")
    parser.add_argument("--initial", help="GGUF file to start from instead of random weights")
    parser.add_argument("--rows", type=int, default=8, help="sequences of one context length per step")
    parser.add_argument("--learning-rate", type=float, default=2.5e-3)
    parser.add_argument("--publish-every", type=int, default=300, help="steps between intermediate GGUF files")
    return parser.parse_args()


def prepare(document_count, context):
    """(tokenizer, training documents, held-out documents, facts for the report); a document is (kind, ids)."""
    texts = corpus.documents(corpus.DEFAULT_SEED, document_count)
    training_texts = texts[:-HELD_OUT_DOCUMENTS]
    tokenizer = Tokenizer(*train_bpe(text for _, text in training_texts))
    encoded = [(kind, tokenizer.encode_document(text)) for kind, text in texts]
    # A document that does not fit the context would teach endings without their beginnings.
    training = [item for item in encoded[:-HELD_OUT_DOCUMENTS] if len(item[1]) <= context]
    held_out = [item for item in encoded[-HELD_OUT_DOCUMENTS:] if len(item[1]) <= context]
    facts = {
        "corpus_seed": corpus.DEFAULT_SEED,
        "corpus_documents": len(texts),
        "corpus_bytes": sum(len(text.encode("utf-8")) + 1 for _, text in texts),
        "training_documents": len(training),
        "training_tokens": sum(len(ids) for _, ids in training),
        "held_out_documents": len(held_out),
        "held_out_tokens": sum(len(ids) - 1 for _, ids in held_out),
    }
    return tokenizer, training, held_out, facts


def packed_rows(documents, context, rng):
    """Endless rows of context + 1 tokens with their document numbers; each row begins with a whole document."""
    while True:
        order = list(range(len(documents)))
        rng.shuffle(order)
        tokens, numbers = [], []
        for number in order:
            ids = documents[number][1]
            tokens += ids
            numbers += [number] * len(ids)
            if len(tokens) > context:
                yield tokens[:context + 1], numbers[:context + 1]
                tokens, numbers = [], []


def next_batch(rows, count):
    batch = [next(rows) for _ in range(count)]
    return torch.tensor([tokens for tokens, _ in batch]), torch.tensor([numbers for _, numbers in batch])


def learning_rate(step, arguments):
    """Linear warm-up, then a cosine down to one hundredth."""
    warm_up = min(150, arguments.steps // 10)
    if step < warm_up:
        return arguments.learning_rate * (step + 1) / warm_up
    progress = (step - warm_up) / max(1, arguments.steps - warm_up)
    return arguments.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def make_optimiser(model, rate):
    """AdamW; matrices decay, which also keeps them free of outliers that eight bits would serve badly."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    norms = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": norms, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-9)


def answer_positions(ids, tokenizer):
    """Target positions of every answer: after 'Answer:' up to and including the full stop."""
    text = [tokenizer.pieces[token] for token in ids]
    spans = []
    for index in range(1, len(text)):
        if text[index] == ":" and text[index - 1] == "\u2581Answer":
            spans.append(range(index + 1, text.index(".", index) + 1))
    return spans


@torch.no_grad()
def evaluate(model, documents, tokenizer):
    """Mean loss per token, overall and per kind, and the share of answers whose every token is the greedy choice."""
    sums, counts, right, asked = {}, {}, {}, {}
    for start in range(0, len(documents), 20):
        part = documents[start:start + 20]
        width = max(len(ids) for _, ids in part)
        tokens = torch.full((len(part), width), EOS_ID)
        for row, (_, ids) in enumerate(part):
            tokens[row, :len(ids)] = torch.tensor(ids)
        logits = model(tokens[:, :-1], torch.zeros(len(part), width - 1, dtype=torch.long))
        losses = functional.cross_entropy(logits.transpose(1, 2), tokens[:, 1:], reduction="none").numpy()
        greedy = logits.argmax(-1).numpy()
        for row, (kind, ids) in enumerate(part):
            sums[kind] = sums.get(kind, 0.0) + float(losses[row, :len(ids) - 1].sum(dtype=np.float64))
            counts[kind] = counts.get(kind, 0) + len(ids) - 1
            for span in answer_positions(ids, tokenizer):
                asked[kind] = asked.get(kind, 0) + 1
                right[kind] = right.get(kind, 0) + all(greedy[row, p - 1] == ids[p] for p in span)
    loss = sum(sums.values()) / sum(counts.values())
    return {
        "loss": loss,
        "perplexity": math.exp(loss),
        "loss_by_kind": {kind: sums[kind] / counts[kind] for kind in sorted(sums)},
        "answers_right": {kind: [right[kind], asked[kind]] for kind in sorted(asked)},
    }


def train(model, documents, arguments, publish):
    """Returns the smoothed training loss at the end."""
    rows = packed_rows(documents, model.shape.context, random.Random(arguments.seed))
    optimiser = make_optimiser(model, arguments.learning_rate)
    smoothed, started = None, time.monotonic()
    for step in range(arguments.stop_after or arguments.steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, arguments)
        tokens, numbers = next_batch(rows, arguments.rows)
        logits = model(tokens[:, :-1], numbers[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        smoothed = loss.item() if smoothed is None else 0.98 * smoothed + 0.02 * loss.item()
        if step % 50 == 49:
            print(f"step {step + 1} loss {smoothed:.4f} {time.monotonic() - started:.0f} s", flush=True)
        if (step + 1) % arguments.publish_every == 0:
            publish()
    return smoothed


def load_initial(model, tokenizer, path):
    """Starts from an earlier file; with another vocabulary its embeddings would mean other tokens."""
    metadata, tensors = gguf_reader.read_gguf(path)
    if metadata["tokenizer.ggml.tokens"] != tokenizer.pieces:
        raise SystemExit(f"{path}: its vocabulary differs from that of this corpus; use the same --documents")
    load_weights(model, tensors)


def load_weights(model, tensors):
    model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in tensors.items()})


def quantised_copy(model):
    """The model as a reader of the GGUF sees it."""
    copy = Decoder(model.shape)
    load_weights(copy, {name: gguf_writer.round_trip(array) for name, array in model.gguf_tensors().items()})
    return copy


def main():
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    shape = Shape()
    tokenizer, training, held_out, facts = prepare(arguments.documents, shape.context)
    print(facts, flush=True)
    model = Decoder(shape)
    if arguments.initial:
        load_initial(model, tokenizer, arguments.initial)

    def publish():
        gguf_writer.write_gguf(arguments.output, MODEL_NAME, shape, tokenizer, model.gguf_tensors())
        print(json.dumps(evaluate(model, held_out[:150], tokenizer)), flush=True)

    started = time.monotonic()
    smoothed = train(model, training, arguments, publish)
    publish()
    report = {
        **facts,
        "seed": arguments.seed,
        "steps": arguments.steps,
        "tokens_per_step": arguments.rows * shape.context,
        "peak_learning_rate": arguments.learning_rate,
        "parameters": sum(p.numel() for p in model.parameters()),
        "training_seconds": round(time.monotonic() - started),
        "training_loss_smoothed": smoothed,
        "held_out_fp32": evaluate(model, held_out, tokenizer),
        "held_out_q8_0": evaluate(quantised_copy(model), held_out, tokenizer),
    }
    with open(arguments.report, "w", encoding="utf-8") as stream:
        json.dump(report, stream, indent=2)
        stream.write("\n")


if __name__ == "__main__":
    main()
