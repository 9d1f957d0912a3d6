"""Word lists, and the names made from them: nothing here is taken from the real network."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HEADS = _words(
    "Amber Ash Bell Bramble Briar Brine Cinder Clover Copper Coral Crow Dapple Dew Drift Dusk Ember Fable Fen Fern "
    "Flint Frost Gale Gilt Gloam Gorse Hazel Heath Hollow Iris Ivory Juniper Kestrel Lantern Larch Lark Linden Loam "
    "Marl Marsh Moss Myrtle Nettle Oak Opal Osier Pearl Quill Rowan Rush Sable Saffron Sedge Slate Sorrel Starling "
    "Tallow Tansy Teasel Thistle Thorn Umber Vale Velvet Wick Willow Wren Yarrow"
)
"""First parts of compound names."""

LISTED_TAILS = _words(
    "wright fall mere song weaver gate spire root march glass brook ward hart wing keep bloom forge mantle reach loom "
    "crest tide burrow veil scribe hollow cairn harrow"
)
"""Second parts of the text models that the reference lists."""

UNLISTED_TAILS = _words("barrow sprocket whistle kettle tangle button muddle thimble ladle pocket bobbin gusset")
"""Second parts of the text models that the reference does not know: no name is made from both lists."""

IMAGE_ADJECTIVES = _words(
    "Gilded Paper Silken Painted Quiet Wandering Glazed Burnished Feathered Woven Lacquered Drowsy Brass Hushed Inked "
    "Pressed Verdant Smoked Frosted Tidal Molten Pastel Woodcut Sunlit Rainy Orchard Harbour Winter Midsummer Chalk"
)
IMAGE_NOUNS = _words(
    "Kiln Orrery Menagerie Tapestry Parlour Almanac Herbarium Lighthouse Arcade Greenhouse Fresco Gazette Atelier "
    "Bazaar Cabinet Carousel Observatory Quarry Regatta Terrarium Workshop Mosaic Pageant Harvest Nocturne Sketchbook"
)
IMAGE_ENDINGS = ("", "", "", "", " XL", " XL", " Mix", " v2", " v3", " Photo", " Toon", " Remix", " Lineart", " Realis")

AUTHOR_ENDINGS = ("Guild", "-AI", "_labs", "works", "-collective", "", "", "42", "-models", "Smith")
TRADES = _words("Forge Shed Attic Loft Cellar Bench Rig Kiln Mill Barn Den Nook Yard Dock Garage Closet")
TEAM_KINDS = ("Rangers", "Night Shift", "Cooperative", "Book Club", "Commons", "Irregulars")
INFO_SENTENCES = (
    "Runs on solar power, so it sleeps at night.",
    "Two old cards and a lot of patience.",
    "Please be kind, this is my only machine.",
    "Tea &amp; tokens since the second week.",
    "Reboots every morning. *Mostly* on purpose.",
    "Ask in the forum for other models.",
    "",
)


def shuffled_compounds(chance: random.Random, tails: Sequence[str]) -> Iterator[str]:
    """Yield every compound of a head and a tail once, in a seeded order: "Emberwright"."""
    compounds = [head + tail for head in HEADS for tail in tails if head.lower() != tail]
    chance.shuffle(compounds)
    yield from compounds


def image_names(chance: random.Random) -> Iterator[str]:
    """Yield distinct names of image models in a seeded order: "Gilded Orrery XL", "Mossatelier Mix"."""
    stems = [f"{adjective} {noun}" for adjective in IMAGE_ADJECTIVES for noun in IMAGE_NOUNS]
    stems += [f"{head} {noun}" for head in HEADS[::3] for noun in IMAGE_NOUNS]
    stems += [head + noun.lower() for head in HEADS[1::3] for noun in IMAGE_NOUNS]
    chance.shuffle(stems)
    for stem in stems:
        yield stem + chance.choice(IMAGE_ENDINGS)


def author_names(chance: random.Random, count: int) -> list[str]:
    """Return distinct authors: "LanternGuild", "moss-AI", "Quill42"."""
    heads = chance.sample(HEADS, count)
    return [(head if chance.random() < 0.6 else head.lower()) + chance.choice(AUTHOR_ENDINGS) for head in heads]


def worker_name(chance: random.Random, number: int) -> str:
    """Return the name of a worker, distinct by its number: "Copper Heath Loft 07"."""
    first, second = chance.sample(HEADS, 2)
    return chance.choice(
        (
            f"{first} {second} {chance.choice(TRADES)} {number:02d}",
            f"{first.lower()}-{chance.choice(TRADES).lower()}-{number:02d}",
            f"{first}{second}{number}",
        )
    )


def team_names(chance: random.Random) -> list[str]:
    """Return the names of the teams: "The Gloam Book Club"."""
    return [f"The {head} {kind}" for head, kind in zip(chance.sample(HEADS, len(TEAM_KINDS)), TEAM_KINDS, strict=True)]
