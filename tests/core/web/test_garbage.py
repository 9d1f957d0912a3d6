"""When garbage is collected: by time and by growth, with a clock and a size to turn."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from horde_core.web.garbage import LONGEST_SECONDS, MOST_GROWTH, GarbageSchedule, resident_bytes

REPOSITORY = Path(__file__).parents[3]


class Process:
    """A process whose clock and size the test turns."""

    def __init__(self) -> None:
        self.now, self.size, self.collections = 1_000.0, 200_000_000, 0
        self.schedule = GarbageSchedule(lambda: self.now, lambda: self.size, self._collect)

    def _collect(self) -> int:
        self.collections += 1
        self.size -= 10_000_000
        return 7


@pytest.mark.parametrize(
    ("seconds", "growth", "is_time"),
    [
        (LONGEST_SECONDS - 1, 0, False),
        (LONGEST_SECONDS, 0, True),
        (1, MOST_GROWTH - 1, False),
        (1, MOST_GROWTH, True),
        (1, -MOST_GROWTH, False),
    ],
)
def test_all_is_collected_after_some_time_or_some_growth(seconds: float, growth: int, is_time: bool) -> None:
    process = Process()
    process.now += seconds
    process.size += growth
    assert process.schedule.look() is is_time
    assert process.collections == int(is_time)


def test_time_and_growth_count_from_the_last_collection() -> None:
    process = Process()
    process.size += MOST_GROWTH
    assert process.schedule.look()
    process.now += LONGEST_SECONDS / 2
    process.size += MOST_GROWTH // 2
    assert not process.schedule.look()
    process.now += LONGEST_SECONDS / 2
    assert process.schedule.look()
    assert process.collections == 2


def test_cycles_are_really_collected_and_never_all_of_them_by_python_itself() -> None:
    script = """
import gc, weakref
from horde_core.web.garbage import GarbageSchedule, LONGEST_SECONDS
class Node: pass
now = [0.0]
schedule = GarbageSchedule(lambda: now[0])
schedule.begin()
node = Node(); node.me = node
for _ in range(3): gc.collect(1)  # as old as it gets
gone = weakref.ref(node); del node
kept = [[number] for number in range(300_000)]
print(gone() is None)
now[0] = LONGEST_SECONDS
schedule.look()
print(gone() is None)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.split() == ["False", "True"]


def test_the_size_of_this_process_is_known_on_linux() -> None:
    assert resident_bytes() > 10_000_000
    assert gc.isenabled()
