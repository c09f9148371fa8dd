#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Generates the training text: stories, tracking scenes and facts of one small world, all from our own templates.

The same seed gives the same documents. Usage: corpus.py [--seed N] [--documents N] [--output FILE]
"""
import argparse
import random
import sys

import plots
import tracking
import world
from story import Story

DEFAULT_SEED = 20240607
DEFAULT_DOCUMENTS = 17000


def story_document(rng):
    story = Story(rng)
    plots.tell(story)
    return story.text(rng.choice((0, 0, 1, 2)))


def tracking_document(rng):
    story = Story(rng)
    tracking.tell(story)
    return story.text(rng.choice((2, 3, 4)))


def facts_document(rng):
    """A few questions without a story: what is always so, and where things usually are."""
    pairs = list(world.FACTS)
    pairs += [(f"Where is the {thing}?", f"The {thing} is {spot}.") for thing, spot in world.USUAL_SPOT.items()]
    chosen = rng.sample(pairs, rng.choice((1, 2, 3)))
    return " ".join(f"Question: {question} Answer: {answer}" for question, answer in chosen)


KINDS = (("story", story_document, 0.60), ("tracking", tracking_document, 0.30), ("facts", facts_document, 0.10))


def documents(seed, count):
    """`count` distinct (kind, text) documents; distinct so that a held-out part shares no document with the rest."""
    rng = random.Random(seed)
    weights = [weight for _, _, weight in KINDS]
    seen = set()
    result = []
    while len(result) < count:
        kind, make, _ = rng.choices(KINDS, weights)[0]
        text = make(rng)
        if text not in seen:
            seen.add(text)
            result.append((kind, text))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--documents", type=int, default=DEFAULT_DOCUMENTS)
    parser.add_argument("--output", help="file to write, one document per line (default: standard output)")
    arguments = parser.parse_args()
    text = "".join(f"{document}\n" for _, document in documents(arguments.seed, arguments.documents))
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as stream:
            stream.write(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
