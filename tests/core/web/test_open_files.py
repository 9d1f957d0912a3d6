"""The limit of open files, in processes of its own: a limit that is lowered cannot be raised again."""

import subprocess
import sys
from pathlib import Path

import pytest

from horde_core.web.open_files import visitors

REPOSITORY = Path(__file__).parents[3]
RAISE = """
import logging, resource
from horde_core.web.open_files import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
logging.basicConfig(level=logging.INFO, format="%(message)s")
print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard", "raised"), [(256, 1024, 1024), (1024, 1024, 1024), (300, 300, 300)])
def test_the_soft_limit_becomes_the_hard_one_and_the_log_says_what_that_allows(
    soft: int, hard: int, raised: int
) -> None:
    command = [sys.executable, "-c", RAISE.format(soft=soft, hard=hard)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.split() == [str(raised)] * 2 + [str(hard)]
    assert done.stderr == f"open files limit={raised}, enough for about {visitors(raised)} visitors at a time\n"


def test_a_thousand_visitors_need_little_over_four_thousand_files() -> None:
    assert visitors(4096) >= 1000
    assert visitors(1024) < 255
    assert visitors(0) == 0
