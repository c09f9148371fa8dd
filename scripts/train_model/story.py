# SPDX-License-Identifier: Apache-2.0
"""A document under construction: sentences from templates, and the questions that its end may ask."""
import re

import world

_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def expand(rng, template, slots):
    """Replaces every '[a|b]' by one of its alternatives, innermost first, then fills '{slot}' and capitalises."""
    while True:
        match = _CHOICE.search(template)
        if match is None:
            break
        chosen = rng.choice(match.group(1).split("|"))
        template = template[:match.start()] + chosen + template[match.end():]
    text = " ".join(template.format(**slots).split())
    return text[0].upper() + text[1:]


class Story:
    """Collects sentences; `slots` (people, things, places) are available to every template."""

    def __init__(self, rng):
        self.rng = rng
        self.slots = {}
        self.sentences = []
        self.questions = []

    def pick(self, options):
        return self.rng.choice(options)

    def chance(self, probability):
        return self.rng.random() < probability

    def say(self, template, **slots):
        self.sentences.append(expand(self.rng, template, {**self.slots, **slots}))

    def maybe(self, probability, template, **slots):
        if self.chance(probability):
            self.say(template, **slots)

    def ask(self, question, answer, **slots):
        """Notes a question that the sentences so far answer; later events must not make the answer wrong."""
        filled = {**self.slots, **slots}
        self.questions.append((expand(self.rng, question, filled), expand(self.rng, answer, filled)))

    def people(self, count):
        """Distinct characters in random order."""
        chosen = []
        for name in self.rng.sample(world.GIRLS + world.BOYS, count):
            female = name in world.GIRLS
            child, adult = ("girl", "young woman") if female else ("boy", "young man")
            kind = child if self.chance(0.6) else self.pick((adult,) + world.ROLES)
            chosen.append(world.Person(name, female, kind))
        return chosen

    def text(self, question_count):
        parts = list(self.sentences)
        count = min(question_count, len(self.questions))
        for question, answer in self.rng.sample(self.questions, count):
            parts.append(f"Question: {question} Answer: {answer}")
        return " ".join(parts)
