"""The workers of the simulated Horde: who they are, when they are there, and what they say about themselves."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from horde_core.demo.catalogue import words
from horde_core.demo.catalogue.places import Place
from horde_core.demo.demand import Post
from horde_core.demo.seeded import MINUTES_A_DAY, Counts, Wave, Waves, source
from horde_core.vocabulary import WorkerType

STEADY_TENURE, TURN_TENURE = (200, 600), (6, 40)
"""Within these bounds lie the days for which a worker stays, on a steady post and on one by turns."""
TURNS_AT_ONCE, TURNS_MORE_OR_LESS = 3, 2
"""Of the workers of one kind that take turns, how many are there at any hour; by how many that changes over weeks."""
INTERROGATION_COUNT = 4
FORMS = ("caption", "interrogation", "nsfw", "strip_background")
MORE_FORMS = ("4x_AnimeSharp", "CodeFormers", "GFPGAN", "NMKD_Siax", "RealESRGAN_x2plus", "RealESRGAN_x4plus")
FIRST_JOINED = 1_664_000_000
"""Unix seconds, in September 2022."""
JOINED_WITHIN = 30_000_000

AGENTS = {
    "image": (
        ("AI Horde Worker reGen:10.1.1:https://github.com/Haidra-Org/horde-worker-reGen", 0.85),
        ("AI Horde Worker reGen:9.0.5:https://github.com/Haidra-Org/horde-worker-reGen", 0.15),
    ),
    "koboldcpp": (
        ("KoboldCppEmbedWorker:2:https://github.com/LostRuins/koboldcpp", 0.9),
        ("AI Horde Worker~koboldcpp~kai:24:https://github.com/db0/AI-Horde-Worker", 0.1),
    ),
    "aphrodite": (("AI Horde Worker~aphrodite~oai:24:https://github.com/db0/AI-Horde-Worker", 1.0),),
    "text": (
        ("AI Horde Worker:24.2.6:https://github.com/db0/AI-Horde-Worker", 0.8),
        ("unknown:0:unknown", 0.2),
    ),
    "interrogation": (("AI Horde Worker~alchemist:24:https://github.com/db0/AI-Horde-Worker", 1.0),),
}
"""How bridges name themselves, with weights: software, not people."""

MAX_PIXELS = (262_144, 589_824, 1_048_576, 1_572_864, 2_097_152, 3_145_728, 4_194_304)
UNITS = {"image": "megapixelsteps per second", "text": "tokens per second", "interrogation": "seconds per form"}
CAPABILITIES = {"img2img": 0.95, "painting": 0.3, "post-processing": 0.8, "lora": 0.85, "controlnet": 0.4}


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker: what never changes (`card`, in the API's fields), and what the rest is computed from."""

    kind: WorkerType
    card: dict[str, Any]
    places: tuple[Place, ...]
    speed: float | None
    wave: Wave
    joined: int
    diligence: float
    jobs_an_hour: float

    def serves(self, day: int) -> list[str]:
        """Return the names it serves on a day, as it sends them."""
        return [place.holder(day) for place in self.places]

    @property
    def identity(self) -> str:
        """Its id at the API."""
        return str(self.card["id"])

    @property
    def threads(self) -> int:
        """Jobs it works on at once."""
        return int(self.card["threads"])

    @property
    def in_maintenance(self) -> bool:
        """Whether it takes no new jobs."""
        return bool(self.card["maintenance_mode"])

    def speed_at(self, minute: int) -> float | None:
        """Return pixelsteps/s, tokens/s or seconds a form; None before the first job."""
        return None if self.speed is None else self.speed * self.wave.level(minute)

    def row(self, minute: int) -> dict[str, Any]:
        """Return the worker as the API lists it at a minute since 1970."""
        uptime = int(max(0, minute * 60 - self.joined) * self.diligence)
        fulfilled = 0 if self.speed is None else int(uptime / 3600 * self.jobs_an_hour)
        generated = fulfilled * 12.0 if self.kind == "text" else fulfilled * 38.0
        uptime_kudos = uptime // 4
        counters = {
            "requests_fulfilled": fulfilled,
            "uncompleted_jobs": int(fulfilled * (1 - self.diligence) / 60),
            "kudos_rewards": generated + uptime_kudos,
            "kudos_details": {"generated": None if self.kind == "interrogation" else generated, "uptime": uptime_kudos},
            "performance": self._sentence(minute),
            "uptime": uptime,
        }
        if self.kind != "interrogation":
            counters["models"] = self.serves(minute // MINUTES_A_DAY)
        if self.kind == "image":
            counters["megapixelsteps_generated"] = fulfilled * 20.0
        return self.card | counters

    def _sentence(self, minute: int) -> str:
        speed = self.speed_at(minute)
        if speed is None:
            return "No requests fulfilled yet"
        return f"{speed / (1e6 if self.kind == 'image' else 1):.1f} {UNITS[self.kind]}"


class Roster:
    """All workers of one seed. Those on steady posts are always there, the others take turns by the hour.

    Each stays for some months; then another one fills the post.
    """

    def __init__(self, seed: int, image_posts: Sequence[Post], text_posts: Sequence[Post]) -> None:
        """Make a place for each post, those for interrogation too, which serve no models."""
        self._seed = seed
        self._teams = _teams(seed)
        self._made: dict[tuple[WorkerType, int, int], Worker] = {}
        posts: dict[WorkerType, Sequence[Post]] = {
            "image": image_posts,
            "text": text_posts,
            "interrogation": [Post((), threads=1)] * INTERROGATION_COUNT,
        }
        self._tides = {kind: Waves([Wave.drawn(source(seed, "turns", kind), (41, 0.6), (13, 0.4))]) for kind in posts}
        self._tenures = {kind: [_tenure(seed, kind, *one) for one in enumerate(some)] for kind, some in posts.items()}

    def on(self, kind: WorkerType, day: int) -> list[Worker]:
        """Return the workers of a kind that are there on a day, always or by turns."""
        return [
            self._worker(kind, number, int((day + tenure.offset) // tenure.days), tenure.post)
            for number, tenure in enumerate(self._tenures[kind])
        ]

    def presence(self, kind: WorkerType, hours: Counts) -> npt.NDArray[np.bool_]:
        """Return which of the workers of a day are there in hours since 1970: one row a worker, one column an hour.

        From one hour to the next one worker leaves and another comes: an image worker at even hours, a text worker
        at odd ones.
        """
        is_steady = np.array([tenure.post.steady for tenure in self._tenures[kind]])
        place = np.cumsum(~is_steady) - 1
        turns = max(1, int((~is_steady).sum()))
        shift = (hours + (kind == "text")) // 2
        more = np.rint(TURNS_MORE_OR_LESS * (self._tides[kind].level(hours // 24) - 1))
        is_next = (place[:, np.newaxis] - shift) % turns < TURNS_AT_ONCE + more
        presence: npt.NDArray[np.bool_] = is_steady[:, np.newaxis] | is_next
        return presence

    def online(self, hour: int, kind: WorkerType) -> list[Worker]:
        """Return the workers of a kind that are there in an hour since 1970."""
        presence = self.presence(kind, np.array([hour]))[:, 0]
        return [worker for worker, is_there in zip(self.on(kind, hour // 24), presence, strict=True) if is_there]

    def staff(self, kind: WorkerType, minutes: Counts) -> tuple[Counts, Counts]:
        """Return how many workers and threads of a kind are there at minutes of one day, those in maintenance too."""
        presence = self.presence(kind, minutes // 60)
        threads: Counts = np.array([worker.threads for worker in self.on(kind, int(minutes[0]) // MINUTES_A_DAY)])
        return presence.sum(axis=0), threads @ presence

    def _worker(self, kind: WorkerType, number: int, generation: int, post: Post) -> Worker:
        key = (kind, number, generation)
        if key not in self._made:
            self._made[key] = _worker(self._seed, kind, number, generation, post, self._teams)
        return self._made[key]


class Tenure(NamedTuple):
    """For how many days each worker of a post stays; the first since 1970 for `offset` days less."""

    post: Post
    days: int
    offset: int


def _tenure(seed: int, kind: WorkerType, number: int, post: Post) -> Tenure:
    chance = source(seed, "tenure", kind, number)
    days = chance.randrange(*(STEADY_TENURE if post.steady else TURN_TENURE))
    return Tenure(post, days, chance.randrange(days))


def _teams(seed: int) -> list[dict[str, str | None]]:
    chance = source(seed, "teams")
    return [{"name": name, "id": _identity(chance)} for name in words.team_names(chance)]


def _identity(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _worker(
    seed: int, kind: WorkerType, number: int, generation: int, post: Post, teams: Sequence[dict[str, str | None]]
) -> Worker:
    chance = source(seed, "worker", kind, number, generation)
    speed: float | None
    if kind == "image":
        speed = 1e6 * min(2.6, chance.lognormvariate(0.1, 0.45))
        jobs_an_hour = speed / 25e6 * 3600 * 0.6
    elif kind == "text":
        speed = min(60.0, chance.lognormvariate(2.6, 0.7))
        jobs_an_hour = speed * post.threads**0.5 / 150 * 3600 * 0.5
    else:
        speed = chance.uniform(2.5, 12) if number else None
        jobs_an_hour = chance.uniform(0.5, 6)
    return Worker(
        kind,
        _card(chance, kind, number, post, teams),
        post.models,
        speed,
        Wave.drawn(chance, (190, 0.08), (23, 0.05)),
        joined=FIRST_JOINED + chance.randrange(JOINED_WITHIN),
        diligence=chance.uniform(0.2, 0.95),
        jobs_an_hour=jobs_an_hour,
    )


def _card(
    chance: random.Random, kind: WorkerType, number: int, post: Post, teams: Sequence[dict[str, str | None]]
) -> dict[str, Any]:
    """Return the fields that stay the same, those that only some owners fill in left out as the API does."""
    kinds: tuple[WorkerType, ...] = ("image", "text", "interrogation")
    card: dict[str, Any] = {
        "id": _identity(chance),
        "name": words.worker_name(chance, 100 * kinds.index(kind) + number),
        "type": kind,
        "online": True,
        "threads": post.threads,
        "maintenance_mode": post.maintenance,
        "nsfw": kind != "interrogation" and chance.random() < 0.85,
        "trusted": chance.random() < 0.75,
        "flagged": kind == "image" and number == 12,
        "team": chance.choice(teams) if chance.random() < 0.4 else {"name": None, "id": None},
        "bridge_agent": _agent(chance, kind, post),
    }
    if chance.random() < 0.5:
        card["info"] = chance.choice(words.INFO_SENTENCES)
    if chance.random() < 0.15:
        card["owner"] = f"{chance.choice(words.HEADS)}{chance.choice(words.TRADES).lower()}#{chance.randrange(90_000)}"
        card["messages"] = []
    return card | _abilities(chance, kind, number)


def _agent(chance: random.Random, kind: WorkerType, post: Post) -> str:
    backend = post.models[0].names[0].partition("/")[0] if kind == "text" else kind
    agents = AGENTS.get(backend, AGENTS["text"])
    return chance.choices([agent for agent, _ in agents], [share for _, share in agents])[0]


def _abilities(chance: random.Random, kind: WorkerType, number: int) -> dict[str, Any]:
    """Return the fields that only this kind of worker has."""
    if kind == "interrogation":
        return {"forms": [*FORMS, *MORE_FORMS] if number == 1 else list(FORMS)}
    if kind == "text":
        return {
            "models": [],
            "max_length": chance.choice((256, 512, 512, 1024, 1024, 2048, 4096)),
            "max_context_length": chance.choice((2048, 4096, 8192, 8192, 12_288, 16_384, 32_768, 65_536)),
        }
    able = {name: chance.random() < odds for name, odds in CAPABILITIES.items()}
    return {
        "models": [],
        "max_pixels": chance.choice(MAX_PIXELS),
        **able,
        "sdxl_controlnet": able["controlnet"] and chance.random() < 0.5,
    }
