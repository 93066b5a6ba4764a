"""The words that generated tasks are made of: everyday nouns in groups, opposites, and parts of short sentences."""

from __future__ import annotations


def listed(words: str) -> list[str]:
    """The words of a text."""
    return words.split()


# No word fits two of these groups, so that "Which of these is an animal?" has one answer.
GROUPS = {
    "an animal": listed(
        "dog cat horse cow sheep pig goat donkey lion tiger bear wolf fox deer rabbit mouse rat elephant camel monkey "
        "snake frog hen duck goose swan eagle owl crow dove pigeon sparrow robin hawk parrot peacock raven lark"
    ),
    "a fruit": listed("apple pear plum cherry grape lemon orange peach banana melon berry olive strawberry apricot"),
    "a tool": listed("hammer saw axe knife spade shovel needle screw brush ladder rake plough chisel drill"),
    "something to wear": listed("hat coat shirt shoe boot glove sock belt dress skirt cap cloak apron jacket bonnet"),
    "a piece of furniture": listed("table chair bed desk sofa bench shelf cupboard stool couch wardrobe cradle"),
    "a part of the body": listed(
        "hand arm leg foot head eye ear nose mouth knee neck shoulder finger tooth elbow thumb"
    ),
    "a building": listed(
        "house church castle school tower hotel palace barn temple prison cottage hospital theatre library"
    ),
    "a vehicle": listed("car train ship boat cart carriage wagon bicycle bus sledge canoe tram"),
    "a job": listed(
        "doctor teacher farmer sailor soldier baker butcher tailor lawyer priest judge painter carpenter clerk hunter"
    ),
    "a plant": listed("oak pine fern elm willow nettle lily daisy tulip thistle bush"),
    "a musical instrument": listed("violin piano drum flute trumpet harp guitar organ fiddle cello"),
    "a member of the family": listed("mother father sister brother uncle aunt cousin nephew niece daughter son"),
}

# More nouns that can be counted, in no group.
THINGS = listed(
    "book letter window door garden river mountain road street field forest island village town city country king "
    "queen prince lady boy girl friend stranger neighbour guest song story picture paper pen clock lamp candle mirror "
    "cup plate bottle glass box basket bag key ring coin stone flower leaf branch seed egg pie cake biscuit star cloud "
    "storm wave hill valley lake bridge path gate wall roof floor stair corner room kitchen market shop farm ticket "
    "party battle army flag crown sword journey promise secret question answer lesson mistake prize present dream "
    "ghost shadow voice smile kiss tear"
)
NOUNS = [word for words in GROUPS.values() for word in words] + THINGS

PLURALS = {
    "sheep": "sheep",
    "deer": "deer",
    "mouse": "mice",
    "goose": "geese",
    "foot": "feet",
    "tooth": "teeth",
    "wolf": "wolves",
    "knife": "knives",
    "shelf": "shelves",
    "leaf": "leaves",
}

# Each is the other's opposite, as said of a thing.
OPPOSITES = [
    *(("hot", "cold"), ("big", "small"), ("long", "short"), ("old", "young"), ("rich", "poor"), ("good", "bad")),
    *(("fast", "slow"), ("happy", "sad"), ("full", "empty"), ("light", "heavy"), ("strong", "weak")),
    *(("hard", "soft"), ("high", "low"), ("wide", "narrow"), ("clean", "dirty"), ("dry", "wet"), ("open", "closed")),
    *(("early", "late"), ("loud", "quiet"), ("near", "far"), ("sweet", "sour"), ("thick", "thin"), ("right", "wrong")),
    *(("true", "false"), ("dark", "bright"), ("deep", "shallow"), ("cheap", "expensive"), ("ugly", "beautiful")),
    *(("safe", "dangerous"), ("warm", "cool"), ("smooth", "rough"), ("sharp", "blunt"), ("asleep", "awake")),
    *(("alive", "dead"), ("wise", "foolish"), ("polite", "rude"), ("easy", "difficult"), ("kind", "cruel")),
    *(("lucky", "unlucky"), ("common", "rare"), ("calm", "angry"), ("visible", "invisible")),
]
OPPOSITE_OF = {one: other for a, b in OPPOSITES for one, other in ((a, b), (b, a))}

ADJECTIVES = listed("old little red white great poor green quiet strange dark tall golden tired happy lonely famous")
ACTIONS = listed("slept waited stood sang fell laughed stopped danced turned rested appeared vanished")
PLACES = [
    "by the river",
    "in the garden",
    "near the gate",
    "at night",
    "in the rain",
    "under the bridge",
    "on the hill",
    "after dinner",
    "in the morning",
    "at home",
]

# A larger unit, the smaller one, and how many zeros lie between them.
UNITS = [
    ("kilometres", "metres", 3),
    ("metres", "centimetres", 2),
    ("centimetres", "millimetres", 1),
    ("kilograms", "grams", 3),
    ("tonnes", "kilograms", 3),
    ("litres", "millilitres", 3),
    ("pounds", "pence", 2),
    ("dollars", "cents", 2),
]


def plural_of(noun: str) -> str:
    """The plural of one of NOUNS."""
    if noun in PLURALS:
        return PLURALS[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
