"""The lock of requirements: complete, at the requested versions, with hashes."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[1]


def asked_for(file: Path) -> dict[str, Requirement]:
    """The direct requirements of an ``.in`` file and of those that it includes, by name."""
    found: dict[str, Requirement] = {}
    for line in file.read_text().splitlines():
        if line.startswith("-r "):
            found |= asked_for(file.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            requirement = Requirement(line)
            found[canonicalize_name(requirement.name)] = requirement
    return found


def locked(file: Path) -> dict[str, tuple[str, int]]:
    """By name, the version of a lock file and how many hashes it has."""
    entries = re.findall(r"^([^\s#]+)==(\S+)[^\n]*\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)*)", file.read_text(), re.M)
    return {canonicalize_name(name): (version, hashes.count("--hash")) for name, version, hashes in entries}


@pytest.mark.parametrize("file", ["requirements", "tests/requirements"])
def test_what_is_asked_for_is_pinned_and_locked_at_that_version(file: str) -> None:
    lock = locked(REPOSITORY / f"{file}.txt")
    for name, requirement in asked_for(REPOSITORY / f"{file}.in").items():
        (pin,) = requirement.specifier
        assert pin.operator == "==", name
        assert lock[name][0] == pin.version, f"{name}: run .ci/lock"


@pytest.mark.parametrize("file", ["requirements", "tests/requirements"])
def test_every_package_has_the_hashes_of_its_files(file: str) -> None:
    lock = locked(REPOSITORY / f"{file}.txt")
    assert len(lock) > len(asked_for(REPOSITORY / f"{file}.in"))
    assert [name for name, (_, hashes) in lock.items() if not hashes] == []


def test_the_tests_run_with_the_versions_that_are_installed_for_users() -> None:
    tests = locked(REPOSITORY / "tests/requirements.txt")
    assert {name: tests.get(name) for name in locked(REPOSITORY / "requirements.txt")} == locked(
        REPOSITORY / "requirements.txt"
    )
