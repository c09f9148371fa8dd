# SPDX-License-Identifier: Apache-2.0
"""The little world every text is about: people, places, things, animals, weather and facts.

The vocabulary is small on purpose: a model with a million parameters has to learn what the words do, not how many
there are.
"""
from dataclasses import dataclass

GIRLS = ("Anna", "Mia", "Lily", "Clara", "Nora", "Emma", "Rosa", "Sara", "Ida", "Ella", "Lucy", "Maya")
BOYS = ("Ben", "Tom", "Leo", "Max", "Sam", "Finn", "Otto", "Paul", "Noah", "Hugo", "Jack", "Adam")
ROLES = ("baker", "farmer", "teacher", "doctor", "painter", "sailor")
PET_NAMES = ("Milo", "Luna", "Coco", "Bella", "Rex", "Pip")
PET_KINDS = ("cat", "dog", "goat", "duck")
TRAITS = ("kind", "brave", "curious", "clever", "cheerful", "quiet", "patient", "careful", "busy", "friendly")
COLOURS = ("red", "blue", "green", "yellow", "white", "black")
VILLAGE_SITES = ("by the sea", "near the forest", "in the hills", "by the river", "in a green valley", "near the lake")
DAYS = ("One day", "One morning", "One afternoon", "One evening", "One sunny day", "One cold day")


@dataclass(frozen=True)
class Person:
    """A character; the attributes are the word forms that templates ask for."""

    name: str
    female: bool
    kind: str

    def __str__(self):
        return self.name

    @property
    def he(self):
        return "she" if self.female else "he"

    @property
    def him(self):
        return "her" if self.female else "him"

    @property
    def his(self):
        return "her" if self.female else "his"

    @property
    def sibling(self):
        return "sister" if self.female else "brother"

    @property
    def elder(self):
        return "grandmother" if self.female else "grandfather"


@dataclass(frozen=True)
class Place:
    """A place with the preposition that English wants in front of it ('in the kitchen', 'at the market')."""

    name: str
    preposition: str

    def __str__(self):
        return self.name

    @property
    def where(self):
        return f"{self.preposition} the {self.name}"


ROOMS = (Place("kitchen", "in"), Place("garden", "in"), Place("bedroom", "in"), Place("hall", "in"),
         Place("cellar", "in"), Place("attic", "in"))
OUTDOORS = (Place("market", "at"), Place("school", "at"), Place("library", "in"), Place("park", "in"),
            Place("barn", "in"), Place("bakery", "at"), Place("station", "at"), Place("harbour", "at"))
ALL_PLACES = ROOMS + OUTDOORS
SPOTS = ("under the bed", "behind the door", "on the shelf", "in the old box", "under the table", "near the window",
         "behind the tree", "under the bench", "beside the well", "in the tall grass")
THINGS = ("lamp", "key", "book", "ball", "kite", "cup", "hat", "basket", "map", "bell", "drum", "coin", "rope",
          "spoon", "blanket", "letter", "phone", "radio")
SMALL_THINGS = ("key", "book", "ball", "cup", "hat", "map", "bell", "coin", "spoon", "letter", "phone", "radio")
GIFTS = ("book", "ball", "kite", "hat", "bell", "drum", "blanket", "radio", "lamp")
LENDABLE = tuple(thing for thing in THINGS if thing not in ("letter", "coin"))
FRAGILE = {"kite": "the string", "radio": "the dial", "lamp": "the glass", "drum": "the skin", "basket": "the handle",
           "bell": "the handle"}
FOODS = ("bread", "cake", "soup", "pie")
INGREDIENTS = {"bread": ("flour", "water"), "cake": ("flour", "eggs"), "soup": ("carrots", "onions"),
               "pie": ("apples", "butter")}

# Where a thing is when no story has moved it.
USUAL_SPOT = {"lamp": "on the table", "key": "behind the door", "book": "on the shelf", "ball": "in the garden",
              "kite": "in the attic", "cup": "in the kitchen", "hat": "in the hall", "basket": "in the cellar",
              "map": "in the library", "bell": "at the school", "drum": "in the bedroom", "rope": "in the barn",
              "spoon": "in the kitchen", "blanket": "on the bed", "letter": "in the old box",
              "phone": "near the window", "radio": "in the kitchen"}

# (question, answer) pairs that hold everywhere in the world.
FACTS = (
    ("What does a cat drink?", "A cat drinks milk."),
    ("What does a dog eat?", "A dog eats meat."),
    ("What does a goat eat?", "A goat eats grass."),
    ("What does a duck eat?", "A duck eats bread."),
    ("What does a horse eat?", "A horse eats hay."),
    ("What does a mouse eat?", "A mouse eats cheese."),
    ("What does a cat say?", "A cat says meow."),
    ("What does a dog say?", "A dog says woof."),
    ("What does a duck say?", "A duck says quack."),
    ("What does a cat like to chase?", "A cat likes to chase a mouse."),
    ("Where does a fish live?", "A fish lives in the water."),
    ("Where does a bird sleep?", "A bird sleeps in a nest."),
    ("Where does a horse sleep?", "A horse sleeps in the barn."),
    ("What does a baker make?", "A baker makes bread."),
    ("What does a farmer grow?", "A farmer grows carrots and onions."),
    ("What does a teacher do?", "A teacher helps children learn."),
    ("What does a doctor do?", "A doctor helps people who are ill."),
    ("What does a painter do?", "A painter paints pictures."),
    ("What does a sailor do?", "A sailor sails a boat."),
    ("What happens when it rains?", "The ground gets wet."),
    ("What happens when it snows?", "The hills turn white."),
    ("What happens when the sun shines?", "The day gets warm."),
    ("What happens when the wind blows?", "The leaves fly away."),
    ("What happens when a battery is empty?", "The phone turns off."),
    ("What happens when ice gets warm?", "The ice turns into water."),
    ("What happens when a cup falls?", "The cup breaks."),
    ("What do you need when it rains?", "You need an umbrella."),
    ("What do you need when it is dark?", "You need a lamp."),
    ("What do you need when it is cold?", "You need a blanket."),
    ("What do you need to open a door?", "You need a key."),
    ("What do you need to find the way?", "You need a map."),
    ("What do you need to fly a kite?", "You need wind."),
    ("What do you need to charge a phone?", "You need a charger."),
    ("What does a phone do?", "A phone sends a message to a friend."),
    ("What does a phone need?", "A phone needs a full battery."),
    ("What gives a phone its power?", "The battery gives a phone its power."),
    ("What is inside a phone?", "A chip, a battery and a screen are inside a phone."),
    ("What does a chip do?", "A chip adds numbers very fast."),
    ("What does a screen do?", "A screen shows words and pictures."),
    ("Why does a phone get warm?", "A phone gets warm because its chip works hard."),
    ("Why do people light a lamp?", "People light a lamp because it is dark."),
    ("Why do people wear a coat?", "People wear a coat because it is cold."),
    ("Why do birds sing?", "Birds sing because the morning is bright."),
    ("What colour is the snow?", "The snow is white."),
    ("What colour is the grass?", "The grass is green."),
    ("What colour is the sky?", "The sky is blue."),
    ("What colour is the sun?", "The sun is yellow."),
    ("What comes after spring?", "Summer comes after spring."),
    ("What comes after summer?", "Autumn comes after summer."),
    ("What comes after autumn?", "Winter comes after autumn."),
    ("What comes after winter?", "Spring comes after winter."),
    ("What comes after the night?", "The morning comes after the night."),
    ("When does the sun rise?", "The sun rises in the morning."),
    ("When do the stars shine?", "The stars shine at night."),
    ("Where do children learn?", "Children learn at the school."),
    ("Where do people buy bread?", "People buy bread at the bakery."),
    ("Where do boats sleep?", "Boats sleep at the harbour."),
    ("Where do trains stop?", "Trains stop at the station."),
    ("Where can you read many books?", "You can read many books in the library."),
)


def with_article(words):
    """'kind girl' -> 'a kind girl', 'old box' -> 'an old box'."""
    return ("an " if words[0] in "aeiou" else "a ") + words
