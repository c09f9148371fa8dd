# SPDX-License-Identifier: Apache-2.0
"""Short scenes whose questions can only be answered by following who carries what, and where."""
import world


class Scene:
    """People and things in rooms; every event changes the state and says so in one sentence."""

    def __init__(self, story):
        self.story = story
        rng = story.rng
        self.people = story.people(rng.choice((2, 2, 3)))
        self.places = rng.sample(world.ALL_PLACES, 3)
        self.things = rng.sample(world.THINGS, rng.choice((1, 2)))
        self.place_of = {}
        self.holder_of = {}

    def set_out(self):
        for thing in self.things:
            self.place_of[thing] = self.story.pick(self.places)
            self.story.say("The {o} was {p.where}.", o=thing, p=self.place_of[thing])
        for person in self.people:
            self.place_of[person] = self.story.pick(self.places)
            self.story.say("{x} was {p.where}.", x=person, p=self.place_of[person])

    def carried_by(self, person):
        return [thing for thing in self.things if self.holder_of.get(thing) == person]

    def possible_events(self, person):
        here = self.place_of[person]
        events = [(self.move, p) for p in self.places if p != here]
        for thing in self.things:
            if thing not in self.holder_of and self.place_of[thing] == here:
                events += [(self.take, thing)] * 6
        others = [p for p in self.people if p != person and self.place_of[p] == here]
        for thing in self.carried_by(person):
            events += [(self.drop, thing)]
            events += [(self.give, (thing, other)) for other in others] * 3
        return events

    def step(self):
        person = self.story.pick(self.people)
        action, argument = self.story.pick(self.possible_events(person))
        action(person, argument)

    def move(self, person, place):
        self.place_of[person] = place
        for thing in self.carried_by(person):
            self.place_of[thing] = place
        self.story.say("{x} [went|walked|ran] to the {p}.", x=person, p=place)

    def take(self, person, thing):
        self.holder_of[thing] = person
        self.story.say("{x} [took|picked up] the {o}.", x=person, o=thing)

    def drop(self, person, thing):
        del self.holder_of[thing]
        self.story.say("{x} [put down|left] the {o} there.", x=person, o=thing)

    def give(self, person, argument):
        thing, other = argument
        self.holder_of[thing] = other
        self.story.say("{x} gave the {o} to {y}.", x=person, o=thing, y=other)

    def ask_all(self):
        for thing in self.things:
            holder = self.holder_of.get(thing)
            place = self.place_of[thing]
            self.story.ask("Where is the {o}?", "The {o} is {p.where}.", o=thing, p=place)
            if holder is None:
                self.story.ask("Who has the {o}?", "Nobody has the {o}.", o=thing)
            else:
                self.story.ask("Who has the {o}?", "{x} has the {o}.", o=thing, x=holder)
        for person in self.people:
            self.story.ask("Where is {x}?", "{x} is {p.where}.", x=person, p=self.place_of[person])


def tell(story):
    scene = Scene(story)
    scene.set_out()
    for _ in range(story.rng.randint(2, 6)):
        scene.step()
    scene.ask_all()
