"""Subjects of an audit: one record, or several together."""

from __future__ import annotations

import pytest

from horde_core.analytics.groups import group_models
from horde_core.audit import group_subjects, model_subjects
from horde_core.audit.subjects import stated, stated_together
from horde_core.upstream.web_address import host_of
from tests.fixtures.audits import GOOD_URL, record, statistics
from tests.fixtures.snapshots import snapshot

LARGE = record(
    name="large",
    baseline="llama",
    style="roleplay",
    tags=("a", "b"),
    size=5,
    parameters=70,
    requirements={"clip_skip": "2"},
    nsfw=True,
    downloads=(GOOD_URL, "no url"),
)
SMALL = record(
    name="small",
    baseline="mistral",
    style="roleplay",
    tags=("b", "c"),
    size=2,
    parameters=7,
    inpainting=True,
    requirements={"samplers": "k_euler", "clip_skip": "1"},
    nsfw=True,
    description=None,
    downloads=("https://civitai.com/x",),
)
UNTOLD = record(
    name="untold", baseline=None, style=None, size=None, parameters=None, description=None, downloads=(), nsfw=False
)


def test_a_record_states_itself() -> None:
    assert stated(LARGE)._asdict() == {
        "members": ("large",),
        "without_description": 0,
        "without_baseline": 0,
        "without_downloads": 0,
        "on_several_hosts": 0,
        "downloads": 2,
        "unknown_hosts": 1,
        "hosts": ("huggingface.co",),
        "size": 5,
        "size_at_least": None,
        "inpainting": False,
        "requirements": ("clip_skip",),
        "parameters": 70,
        "baselines": ("llama",),
        "styles": ("roleplay",),
        "tags": ("a", "b"),
        "nsfw": True,
        "nsfw_differs": False,
    }


def test_a_record_that_states_nothing_is_counted_as_one_that_does_not() -> None:
    one = stated(UNTOLD)
    assert (one.without_description, one.without_baseline, one.without_downloads, one.downloads) == (1, 1, 1, 0)
    assert (one.size, one.parameters, one.baselines, one.styles, one.hosts) == (None, None, (), (), ())


def test_counts_are_numbers_and_no_truth_values() -> None:
    for one in (LARGE, UNTOLD):
        assert {type(count) for count in (stated(one).without_description, stated(one).without_baseline)} == {int}


def test_several_records_state_sums_and_the_union_of_what_each_says() -> None:
    assert stated_together([stated(LARGE), stated(SMALL)])._asdict() == {
        "members": ("large", "small"),
        "without_description": 1,
        "without_baseline": 0,
        "without_downloads": 0,
        "on_several_hosts": 0,
        "downloads": 3,
        "unknown_hosts": 1,
        "hosts": ("huggingface.co", "civitai.com"),
        "size": 7,
        "size_at_least": None,
        "inpainting": None,
        "requirements": ("clip_skip", "samplers"),
        "parameters": None,
        "baselines": ("llama", "mistral"),
        "styles": ("roleplay",),
        "tags": ("a", "b", "c"),
        "nsfw": True,
        "nsfw_differs": False,
    }


def test_a_sum_with_an_unknown_size_is_unknown_and_nsfw_is_what_all_agree_on() -> None:
    together = stated_together([stated(LARGE), stated(UNTOLD)])
    assert (together.size, together.size_at_least) == (None, 5)
    assert (together.nsfw, together.nsfw_differs, together.inpainting) == (None, True, False)
    assert stated_together([stated(UNTOLD), stated(UNTOLD)]).size_at_least is None


def test_one_record_together_is_itself() -> None:
    assert stated_together([stated(LARGE)]) == stated(LARGE)


def test_models_are_subjects_in_the_references_order() -> None:
    records = {one.name: one for one in (UNTOLD, LARGE)}
    figures = {"large": statistics(month=1), "untold": statistics(month=2)}
    subjects = model_subjects(records, figures)
    assert [(one.name, one.stated.members, one.statistics.usage("month")) for one in subjects] == [
        ("untold", ("untold",), 2),
        ("large", ("large",), 1),
    ]


def test_groups_are_subjects_with_what_their_members_state() -> None:
    records = {
        one.name: one.model_copy(update={"text_model_group": family})
        for one, family in ((LARGE, "family"), (UNTOLD, None), (SMALL, "family"))
    }
    subjects = group_subjects(records, group_models(records, [], None, [], "family"))
    assert [(one.name, one.stated.members) for one in subjects] == [
        ("family", ("large", "small")),
        ("untold", ("untold",)),
    ]
    assert subjects[0].stated == stated_together([stated(LARGE), stated(SMALL)])


def test_a_snapshot_reads_its_subjects_once_a_level() -> None:
    taken = snapshot("text")
    for level in ("exact", "model", "family"):
        assert taken.subjects(level) is taken.subjects(level)
    assert [one.name for one in taken.subjects()] == list(taken.reference)
    assert [one.name for one in taken.subjects("family")] == ["Mistral", "Cydonia", "Stheno"]
    assert [one.name for one in taken.subjects("exact")] == [group.name for group in taken.groups("exact")]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://huggingface.co/a/resolve/main/x.safetensors?download=true#part", "huggingface.co"),
        ("https://HuggingFace.CO/x", "huggingface.co"),
        ("http://cdn-lfs.huggingface.co:8080/x", "cdn-lfs.huggingface.co"),
        (" https://huggingface.co/x\n", "huggingface.co"),
        ("HTTPS://huggingface.co", "huggingface.co"),
        ("https://huggingface.co@evil.invalid/x", "evil.invalid"),
        ("https://huggingface.co/@evil.invalid/x", "huggingface.co"),
        ("https://localhost/x", "localhost"),
        ("ftp://huggingface.co/x", None),
        ("huggingface.co/x", None),
        ("https:///x", "x"),
        (r"https://evil.invalid\@huggingface.co/m", "evil.invalid"),
        (r"https:\\evil.invalid/huggingface.co", "evil.invalid"),
        ("https://evil.invalid\\.huggingface.co/", "evil.invalid"),
        ("https://evil.invalid#@huggingface.co/", "evil.invalid"),
        ("https://evil.invalid?@huggingface.co/", "evil.invalid"),
        ("https://hugging\tface\n.co/x", "huggingface.co"),
        ("https://\uff48uggingface.co/x", "huggingface.co"),
        ("https://hugg\u0131ngface.co/x", "xn--huggngface-0ub.co"),
        ("https://huggingface.co.evil.invalid/x", "huggingface.co.evil.invalid"),
        ("https://0x7f.1/x", "127.0.0.1"),
        ("https://a b.invalid/x", None),
        ("javascript:alert(1)//huggingface.co", None),
        ("https://", None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_the_host_of_a_url(url: str, host: str | None) -> None:
    assert host_of(url) == host
    downloads = stated(record(downloads=(url,)))
    assert (downloads.hosts, downloads.unknown_hosts) == (((host,), 0) if host else ((), 1))
