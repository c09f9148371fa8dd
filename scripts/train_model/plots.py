# SPDX-License-Identifier: Apache-2.0
"""Story plots. Each plot is a short chain of cause and effect in which people, things and places stay consistent."""
import world
from world import with_article


def open_story(s):
    """Introduces the hero {x}; most stories begin with the same four words, so that a prompt can name them."""
    x = s.slots["x"]
    hero = with_article(f"{s.pick(world.TRAITS)} {x.kind}")
    site = s.pick(world.VILLAGE_SITES)
    opening = s.rng.random()
    if opening < 0.45:
        s.say("Once upon a time, there was {hero} named {x}.", hero=hero)
        s.say("{x.he} lived in a [small|quiet|little|pretty] [village|house] {site}.", site=site)
    elif opening < 0.7:
        s.say("Once upon a time, {hero} named {x} lived in a [small|quiet|little|pretty] [village|house] {site}.",
              hero=hero, site=site)
    elif opening < 0.85:
        s.say("In a [small|quiet|little] village {site} lived {hero} named {x}.", hero=hero, site=site)
    else:
        s.say("{x} was {hero}.", hero=hero)
        s.say("{x.he} lived in a [small|quiet|little|pretty] [village|house] {site}.", site=site)
    s.maybe(0.4, "{x.he} [liked|loved] to [sing|read|paint|dance|walk in the rain|look at the stars|listen to the birds"
                 "|sit by the river].")


def close_story(s):
    """A last sentence that fits any happy end; x and y are together."""
    s.say("[{x} and {y} were very happy.|{x} and {y} smiled and went home.|{x} and {y} stayed good friends."
          "|From that day on, {x} and {y} were the best of friends."
          "|That night, {x} slept well and dreamed of {y}.]")
    s.maybe(0.3, "The end.")


def lost_thing(s):
    o = s.slots["o"] = s.pick(world.SMALL_THINGS)
    a, b = s.rng.sample(world.ALL_PLACES, 2)
    spot = s.pick(world.SPOTS)
    s.say("{x} had {thing} [and took it everywhere|that {x.he} loved very much|from {x.his} grandmother].",
          thing=with_article(f"{s.pick(world.COLOURS)} {o}"))
    s.say("{day}, the {o} was gone, and {x} was [very sad|sad|worried].")
    s.say("{x.he} looked {a}, but the {o} was not there.", a=a.where)
    s.maybe(0.5, "{x.he} looked {b}, but it was not there either.", b=b.where)
    s.say("[Then {x} asked {x.his} {relation} {y} for help.|{x.his} {relation} {y} came to help {x.him}.]")
    s.say("{y} looked {spot} and [found the {o}|saw the {o}|there was the {o}].", spot=spot)
    s.say("{y} gave the {o} back to {x}.")
    s.say("\"Thank you, {y}!\" said {x}.")
    s.ask("What did {x} lose?", "{x} lost the {o}.")
    s.ask("Who found the {o}?", "{y} found the {o}.")
    s.ask("Where was the {o}?", "The {o} was {spot}.", spot=spot)
    s.ask("Who has the {o}?", "{x} has the {o}.")
    s.maybe(0.4, "From that day on, {x} [took good care of the {o}|always kept the {o} {keep}].",
            keep=world.USUAL_SPOT.get(o, "in the old box"))


def empty_battery(s):
    place = s.pick(world.OUTDOORS)
    room = s.pick(world.ROOMS)
    s.say("{day}, {x} wanted to [call|send a message to] {x.his} {relation} {y}.")
    s.say("But the battery of {x.his} phone was empty[, and the screen was black|, so the phone turned off|].")
    s.say("{x} looked for the charger and found it {room}.", room=room.where)
    s.say("{x.he} waited [for an hour|until the battery was full] and [made some tea|read a book|sang a song].")
    s.say("Then the phone [came on again|woke up with a bright light], and {x} [called {y}|sent a message to {y}].")
    s.say("\"Please meet me {place},\" [said|wrote] {x}.", place=place.where)
    s.say("{y} [ran|walked|hurried] to the {place} and met {x} there.", place=place)
    s.maybe(0.5, "They [talked and laughed|played a game|shared some cake] until the evening.")
    s.ask("Why did the phone turn off?", "The phone turned off because the battery was empty.")
    s.ask("Where was the charger?", "The charger was {room}.", room=room.where)
    s.ask("Where did {x} and {y} meet?", "{x} and {y} met {place}.", place=place.where)
    s.ask("Where is {y}?", "{y} is {place}.", place=place.where)


def rain(s):
    place = s.pick(world.OUTDOORS)
    colour = s.pick(world.COLOURS)
    s.say("{day}, {x} walked to the {place}.", place=place)
    s.say("[Dark clouds came|The sky turned grey], and it began to rain.")
    s.say("{x} had no umbrella, so {x.his} [coat|hair|hat] got wet.")
    s.say("{y} saw {x} {place} and opened {umbrella}.", place=place.where, umbrella=with_article(f"{colour} umbrella"))
    s.say("\"Come under my umbrella,\" said {y}.")
    s.say("{x} and {y} walked home together[, and they stayed dry|, and the rain sang on the umbrella|].")
    s.maybe(0.5, "At home they drank [hot tea|warm milk|hot soup] by the fire.")
    s.ask("Why did {x} get wet?", "{x} got wet because it rained and {x.he} had no umbrella.")
    s.ask("Who had an umbrella?", "{y} had an umbrella.")
    s.ask("What colour was the umbrella?", "The umbrella was {colour}.", colour=colour)
    s.ask("Where did {x} go?", "{x} went to the {place}.", place=place)


def gift(s):
    o = s.slots["o"] = s.pick(world.GIFTS)
    colour = s.pick(world.COLOURS)
    s.say("{day}, {x} heard that {x.his} {relation} {y} [had a birthday|was ill|felt sad].")
    s.say("{x} [went|walked] to the market and [bought|found] {thing}.", thing=with_article(f"{colour} {o}"))
    s.say("{x.he} [put the {o} in a box|wrapped the {o} in paper] and carried it to the house of {y}.")
    s.say("{y} opened the [door|door with a smile], and {x} gave {y.him} the {o}.")
    s.say("\"What a [beautiful|lovely|fine] {o}!\" said {y}.")
    s.say("{y} [put|kept] the {o} {spot} and [looked at it every day|smiled all day].",
          spot=s.pick(("on the shelf", "near the window", "on the table")))
    s.ask("What did {x} give to {y}?", "{x} gave the {o} to {y}.")
    s.ask("Who has the {o}?", "{y} has the {o}.")
    s.ask("What colour is the {o}?", "The {o} is {colour}.", colour=colour)
    s.ask("Where did {x} get the {o}?", "{x} got the {o} at the market.")


def pet_in_trouble(s):
    pet, kind = s.pick(world.PET_NAMES), s.pick(world.PET_KINDS)
    trouble, tool, rescue = s.pick((
        ("climbed a tall tree and could not come down", "ladder", "climbed up"),
        ("fell into a deep hole and could not get out", "rope", "pulled hard"),
        ("ran into the dark cellar and could not find the door", "lamp", "went down the steps"),
        ("sat in an old boat and could not swim back", "long rope", "pulled the boat to the land")))
    food = {"cat": "milk", "dog": "meat", "goat": "grass", "duck": "bread"}[kind]
    s.slots.update(pet=pet, kind=kind)
    s.say("{x} had {animal} named {pet}.", animal=with_article(f"{s.pick(world.COLOURS)} {kind}"))
    s.say("{day}, {pet} {trouble}.", trouble=trouble)
    s.say("{x} [called|called and called], but the {kind} [was afraid|only cried].")
    s.say("Then {y} came with a {tool}.", tool=tool)
    s.say("{y} {rescue} and brought {pet} back to {x}.", rescue=rescue)
    s.say("{x} [hugged {pet}|held {pet} in {x.his} arms] and thanked {y}.")
    s.say("{pet} got some {food} and [fell asleep|was happy again].", food=food)
    s.ask("What kind of animal is {pet}?", "{pet} is a {kind}.")
    s.ask("Who saved {pet}?", "{y} saved {pet}.")
    s.ask("What did {y} bring?", "{y} brought a {tool}.", tool=tool)
    s.ask("What did {pet} get?", "{pet} got some {food}.", food=food)


def cooking(s):
    food = s.slots["food"] = s.pick(world.FOODS)
    first, second = world.INGREDIENTS[food]
    s.say("{day}, {x} wanted to make {food} for {x.his} {relation} {y}.")
    s.say("{x.he} had {first}, but {x.he} had no {second}.", first=first, second=second)
    s.say("So {x} went to [the market|the bakery|{x.his} neighbour] and got some {second}.", second=second)
    s.say("Back in the kitchen, {x} mixed the {first} and the {second} and [lit the fire|made the oven hot].",
          first=first, second=second)
    s.say("Soon the whole house smelled [good|of {food}].")
    s.say("{y} came [in|to the kitchen] and ate [some of the {food}|two plates of {food}].")
    s.say("\"This is the best {food} in the village,\" said {y}.")
    s.ask("What did {x} make?", "{x} made {food}.")
    s.ask("What did {x} need?", "{x} needed some {second}.", second=second)
    s.ask("Who ate the {food}?", "{y} ate the {food}.")
    s.ask("Where is {y}?", "{y} is in the kitchen.")


def broken_thing(s):
    o = s.slots["o"] = s.pick(tuple(world.FRAGILE))
    part = world.FRAGILE[o]
    place = s.pick(world.ALL_PLACES)
    s.say("{day}, {x} played with {x.his} {colour} {o} {place}.", colour=s.pick(world.COLOURS), place=place.where)
    s.say("[The {o} fell down|A strong wind came|{x} fell over a stone], and {part} broke.", part=part)
    s.say("{x} was sad[ and began to cry| and sat down on the ground|].")
    s.say("{x.his} {relation} {y} [heard {x.him}|saw {x.him}] and said, \"I can fix it.\"")
    s.say("{y} took the {o} home and worked [all night|all day|for an hour].")
    s.say("The next [day|morning], {y} brought the {o} back, and it [was as good as new|worked again].")
    s.say("{x} [thanked {y}|danced with joy] and [took|held] the {o} with both hands.")
    s.ask("What broke?", "{part} of the {o} broke.", part=part)
    s.ask("Who fixed the {o}?", "{y} fixed the {o}.")
    s.ask("Where did {x} play?", "{x} played {place}.", place=place.where)
    s.ask("Who has the {o}?", "{x} has the {o}.")


def dark_night(s):
    room = s.pick(world.ROOMS)
    s.say("One [night|evening], a [big|strong] storm came, and all the lights in the house went out.")
    s.say("{x} was afraid of the dark, but {x.his} {relation} {y} was [brave|calm].")
    s.say("{y} took {y.his} phone and turned on its small light.")
    s.say("With the light, they [walked|went] to the {room} and found the lamp {spot}.", room=room,
          spot=s.pick(("on the shelf", "in the old box", "near the window")))
    s.say("{x} lit the lamp, and the {room} was [bright and warm|bright again].", room=room)
    s.say("They [told stories|sang songs|played a game] until the storm was over.")
    s.ask("Why did the lights go out?", "The lights went out because a storm came.")
    s.ask("Where was the lamp?", "The lamp was in the {room}.", room=room)
    s.ask("Who lit the lamp?", "{x} lit the lamp.")
    s.ask("Who was afraid?", "{x} was afraid.")


def borrowed_thing(s):
    o = s.slots["o"] = s.pick(world.LENDABLE)
    place = s.pick(world.ALL_PLACES)
    s.say("{x.his} {relation} {y} had {thing}.", thing=with_article(f"{s.pick(world.COLOURS)} {o}"))
    s.say("{day}, {x} asked, \"May I use your {o}?\"")
    s.say("\"Yes, but please bring it back,\" said {y} and gave {x.him} the {o}.")
    s.say("{x} took the {o} to the {place}[ and used it all day| and was very careful|].", place=place)
    if s.chance(0.5):
        s.say("In the evening, {x} brought the {o} back to {y}.")
        s.say("\"You are a good friend,\" said {y}[ and put the {o} away|].")
        s.ask("Who has the {o}?", "{y} has the {o}.")
    else:
        s.say("In the evening, {x} forgot the {o} {place}.", place=place.where)
        s.say("{y} was [sad|angry], so {x} ran back, found the {o} and [said sorry|brought it to {y}].")
        s.say("{y} [smiled again|was glad] and took the {o} home.")
        s.ask("Who forgot the {o}?", "{x} forgot the {o}.")
        s.ask("Who has the {o}?", "{y} has the {o}.")
    s.ask("Who used the {o}?", "{x} used the {o}.")
    s.ask("Where did {x} take the {o}?", "{x} took the {o} to the {place}.", place=place)


def long_way(s):
    start, goal = s.rng.sample(world.OUTDOORS, 2)
    guide, effect = s.pick((("map", "showed the way"), ("phone", "showed the way on its screen"),
                            ("lamp", "made the road bright")))
    s.say("{day}, {x} wanted to visit {x.his} {relation} {y} {goal}.", goal=goal.where)
    s.say("{x.he} left the {start} and walked [for an hour|over the bridge|past the old well].", start=start)
    s.say("But soon [the fog came|it got dark|the road ended], and {x} lost the way.")
    s.say("{x} [sat down and thought|was afraid, but {x.he} did not cry].")
    s.say("Then {x.he} remembered the {guide} in {x.his} [bag|pocket], and the {guide} {effect}.", guide=guide,
          effect=effect)
    s.say("At last {x} came to the {goal}, and {y} [was waiting there|ran to meet {x.him}].", goal=goal)
    s.ask("Who was {goal}?", "{y} was {goal}.", goal=goal.where)
    s.ask("Where did {x} go?", "{x} went to the {goal}.", goal=goal)
    s.ask("What helped {x}?", "The {guide} helped {x}.", guide=guide)
    s.ask("Where is {x}?", "{x} is {goal} with {y}.", goal=goal.where)


def slow_phone(s):
    game, other = s.pick((("film", "map"), ("song", "game"), ("game", "film"), ("map", "film")))
    s.say("{x} had {thing}.", thing=with_article(f"{s.pick(('old', 'new', 'small'))} {s.pick(world.COLOURS)} phone"))
    s.say("{day}, {x.he} started a {game} and a {other} at the same time.", game=game, other=other)
    s.say("The chip in the phone worked very hard, so the phone got [hot|very warm] and slow.")
    s.say("\"Why is my phone so slow?\" asked {x}.")
    s.say("{x.his} {relation} {y} said, \"Your phone is [tired|hot]. Let it rest.\"")
    s.say("{x} closed the {other} and put the phone {spot}.", other=other,
          spot=s.pick(("in the shade", "near the window", "on the table")))
    s.say("Soon the phone was [cool|cool again] and fast, and {x} [showed the {game} to {y}|thanked {y}].", game=game)
    s.ask("Why was the phone slow?", "The phone was slow because the chip worked very hard.")
    s.ask("Who helped {x}?", "{y} helped {x}.")
    s.ask("What did {x} close?", "{x} closed the {other}.", other=other)


def snow_day(s):
    made = s.pick(("a big snowman", "a little house of snow", "a long wall of snow"))
    thing = s.pick(("hat", "blanket", "basket"))
    s.say("One winter [morning|day], {x} woke up, and the hills were white with snow.")
    s.say("{x} put on a warm coat and ran to {x.his} {relation} {y}.")
    s.say("In the [park|garden], {x} and {y} made {made}.", made=made)
    s.say("{x} brought {coloured} and [put it on top|gave it to {y}].",
          coloured=with_article(f"{s.pick(world.COLOURS)} {thing}"))
    s.say("Then the sun [came out|shone], and the day got warm.")
    s.say("[The snow turned into water|Slowly the snow went away], but {x} and {y} were not sad.")
    s.say("\"Next winter we will make it again,\" said {y}.")
    s.ask("What did {x} and {y} make?", "{x} and {y} made {made}.", made=made)
    s.ask("What did {x} bring?", "{x} brought a {thing}.", thing=thing)
    s.ask("Why did the snow go away?", "The snow went away because the day got warm.")


PLOTS = (lost_thing, empty_battery, rain, gift, pet_in_trouble, cooking, broken_thing, dark_night, borrowed_thing,
         long_way, slow_phone, snow_day)


def tell(s):
    """A whole story: opening, one plot, closing."""
    x, y = s.people(2)
    s.slots.update(x=x, y=y, day=s.pick(world.DAYS),
                   relation=s.pick(("friend", "friend", "neighbour", y.sibling, y.elder)))
    open_story(s)
    s.pick(PLOTS)(s)
    close_story(s)
