"""The words of training captions: how what the renderer knows about a picture may be said.

The shipped scenes' own phrases are among them, so that their prompts ask for what was learned.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Phrases = Mapping[str, tuple[str, ...]]


def _phrases(**phrases: tuple[str, ...]) -> Phrases:
    return MappingProxyType({name.replace("_", " "): said for name, said in phrases.items()})


#: What the product stands on, lies on or hangs before.
SURFACES: Final = _phrases(
    oak=("an oak table", "oak boards", "a light wooden table", "a worn oak bench", "an oak shelf", "light wood"),
    walnut=("a polished walnut table", "dark wooden planks", "a dark wooden table", "walnut boards", "dark wood"),
    marble=("a polished marble top", "a pale marble counter", "white marble", "a marble table"),
    dark_marble=("a polished dark stone bar", "black marble", "a dark marble counter", "a dark stone table"),
    stone=("honed limestone", "a broken stone slab", "a stone quay", "pale stone", "a stone table"),
    concrete=("a concrete ledge", "rough concrete", "a concrete table", "grey concrete"),
    linen=("washed natural linen", "a linen cloth", "soft linen", "woven fabric"),
    plaster=("a plaster ledge", "rough plaster", "plaster"),
    paint=("a painted table", "a painted shelf", "smooth paint", "a painted surface"),
    paper=("seamless paper that curves up behind", "seamless paper", "studio paper", "coloured paper"),
    plinth=("a round matte plinth", "a round podium", "a low pedestal", "a plinth"),
    white=("a pure white background", "plain white", "a white packshot background"),
)

#: What is seen behind a table.
ENVIRONMENTS: Final = _phrases(
    apartment=("sunny living room", "bright room", "empty apartment with a window"),
    bridge=("glass footbridge", "modern corridor with windows", "office bridge"),
    city=("city square and towers", "city street with towers", "office towers"),
    dawn=("desert at dawn", "rocky desert under a pink sky", "mountains at dawn"),
    esplanade=("arcade at night", "shopping arcade with lamps", "mall at night"),
    forest=("pine forest", "trees and meadow", "forest with tall trunks"),
    hall=("dark ballroom with bright arched windows", "large dark hall", "ballroom"),
    lab=("machines of a green laboratory", "old laboratory", "green factory room"),
    lobby=("bright hotel lobby", "lobby with wooden floor", "bright yellow lobby"),
    night=("savannah at dusk", "dry grassland at night", "bushland under a pale sky"),
    park=("green park", "meadow under a blue sky", "green lawn and trees"),
    sky=("calm sea under clouds", "clouds over water", "open sea"),
    studio=("dark photo studio", "black studio with a softbox", "photo studio"),
    sunrise=("field at sunrise", "meadow in golden morning light", "golden field"),
    sunset=("lagoon with boats", "piazza at sunset", "old town square at sunset"),
    venice=("harbour at blue hour", "waterfront at dusk", "sea and quay"),
    warehouse=("empty warehouse", "industrial hall with concrete pillars", "old warehouse"),
    workshop=("machines of a workshop", "metal workshop", "factory workshop"),
)

SEASONS: Final = _phrases(
    forest=("late summer", "spring"), park=("summer", "spring"), sunset=("summer evening",), sunrise=("autumn morning",)
)

#: What stands behind where no environment does.
BEHIND: Final = _phrases(
    oak=("wooden wall behind",), walnut=("dark wooden wall behind",), marble=("marble wall behind",),
    dark_marble=("dark wall behind",), stone=("stone wall behind",), concrete=("concrete wall behind",),
    linen=("fabric wall behind",), plaster=("plaster wall behind", "hand-trowelled plaster wall behind"),
    paint=("painted wall behind",),
    paper=("seamless paper of the same colour behind",),
)  # fmt: skip

SIDES: Final = _phrases(
    left=("light from the left", "window light from the left", "softbox from the left", "lamp on the left"),
    right=("light from the right", "window light from the right", "softbox from the right", "lamp on the right"),
    behind=("light from behind", "back light", "window light from behind"),
    front=("light from the front", "even light", "front light"),
    above=("light from above", "overhead light"),
)
HARDNESS: Final = _phrases(hard=("hard", "clear", "low"), soft=("soft", "large soft", "gentle"), middle=("", "bright"))
WARMTH: Final = _phrases(
    warm=("warm light", "golden light", "low warm sun"), cool=("cool light", "cold daylight"), neutral=("daylight", "")
)
BRIGHTNESS: Final = _phrases(
    dark=("dark surroundings", "moody", "dark and moody"),
    bright=("bright", "high key", "bright and airy"),
    middle=("",),
)
SHADOWS: Final = _phrases(
    hard=("crisp shadow", "clear shadow", "defined shadow", "long shadow"),
    soft=("soft shadow", "faint shadow", "long soft shadow"),
    middle=("shadow", "soft shadow"),
    none=("no shadow",),
)
PATTERNS: Final = _phrases(
    panes=("shadows of panes and leaves", "sun through a window, shadows of the panes", "window shadows"),
    leaves=("sunlight through leaves", "dappled light", "dappled sunlight"),
)
DEPTH: Final = _phrases(blurred=("out of focus behind", "blurred behind"), sharp=("in focus behind", "sharp behind"))

PALETTES: Final = _phrases(
    white=("pure white", "white"), pale_grey=("white and pale grey", "light grey", "pale grey"),
    grey=("cool greys", "grey", "steel grey"), warm_grey=("warm greys", "greige", "pale stone"),
    black=("black", "dark tones", "almost black"), warm_white=("warm off-white", "ivory and warm white", "warm white"),
    cream=("cream and oatmeal tones", "warm cream", "pale warm beige", "monochrome sand", "beige"),
    brown=("honey brown", "warm wood tones", "brown", "deep browns"), amber=("dark amber and gold", "dark brown"),
    orange=("orange", "golden tones", "warm yellow"), terracotta=("warm terracotta", "rust red", "red brown"),
    green=("fresh greens", "green", "deep greens"), sage=("sage green", "pale green", "mint"),
    blue=("blue", "glass blue", "deep blue"), pale_blue=("pale blue", "sky blue", "ice blue"),
    violet=("violet", "orange and violet", "purple"), pink=("pink", "pale rose", "blush"),
)  # fmt: skip

PRODUCTS: Final = _phrases(
    round=("a bottle", "a jar", "a vase", "a cup", "a mug", "a candle", "a cosmetics bottle", "a lamp"),
    box=("a box", "a carton", "a package", "a book", "a speaker", "a tin"),
    soft=("a bag", "a shoe", "a handbag", "a sneaker", "a hat", "a toy"),
    flat=("a plate", "a watch", "a phone", "a scarf", "a cosmetics set", "a bag"),
    garment=("a shirt", "a dress", "a jacket", "a coat", "a sweater"),
    none=("nothing",),
)

#: All of the above.
TABLES: Final = (
    SURFACES, ENVIRONMENTS, SEASONS, BEHIND, SIDES, HARDNESS, WARMTH, BRIGHTNESS, SHADOWS, PATTERNS, DEPTH, PALETTES,
    PRODUCTS,
)  # fmt: skip
