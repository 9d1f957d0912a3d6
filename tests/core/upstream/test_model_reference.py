"""The model reference: both formats and both categories give the same records, one a model."""

from __future__ import annotations

from typing import Any

import pytest

from horde_core.cache.dual_layer_cache import DualLayerCache
from horde_core.cache.freshness import State
from horde_core.live.sources import ModelReferenceManager
from horde_core.settings import Settings
from horde_core.upstream.errors import ShapeError, StatusError
from horde_core.upstream.model_reference import ModelRecord, ModelReference, parse_reference
from tests.fixtures import horde_bodies
from tests.fixtures.horde_server import encoded
from tests.fixtures.upstream import WAIT, Upstream

FILE_URL = "https://huggingface.co/example/resolve/main/deliberate.safetensors"

V2_IMAGE: dict[str, Any] = {
    "Deliberate": {
        "name": "Deliberate",
        "description": "Draws what you say.",
        "version": "3",
        "config": {"download": [{"file_name": "d.safetensors", "file_url": FILE_URL, "sha256sum": "0" * 64}]},
        "size_on_disk_bytes": 2_132_626_066,
        "baseline": "stable_diffusion_1",
        "tags": ["anime", "character"],
        "nsfw": True,
        "style": "generalist",
        "homepage": "https://example.org/deliberate",
    }
}
LEGACY_IMAGE: dict[str, Any] = {
    "Deliberate": {
        "name": "Deliberate",
        "baseline": "stable diffusion 1",
        "type": "ckpt",
        "inpainting": False,
        "description": "Draws what you say.",
        "version": "3",
        "style": "generalist",
        "tags": ["anime", "character"],
        "nsfw": True,
        "download_all": True,
        "config": {
            "files": [{"path": "d.safetensors", "sha256sum": "0" * 64}, {"path": "v1-inference.yaml"}],
            "download": [{"file_name": "d.safetensors", "file_path": "", "file_url": FILE_URL}],
        },
        "available": True,
        "size_on_disk_bytes": 2_132_626_066,
        "homepage": "https://example.org/deliberate",
    }
}
IMAGE_RECORD = ModelRecord(
    name="Deliberate",
    baseline="stable_diffusion_1",
    description="Draws what you say.",
    nsfw=True,
    style="generalist",
    tags=("anime", "character"),
    size=2_132_626_066,
    downloads=(FILE_URL,),
    url="https://example.org/deliberate",
    version="3",
)

MARX, KIMIKO = "acrastt/Marx-3B-V3", "Undi95/Kimiko-7B"


def v2_text(name: str, **fields: object) -> dict[str, Any]:
    return {
        "record_type": "text_generation",
        "name": name,
        "description": "Writes.",
        "version": "1",
        "config": {"download": []},
        "baseline": "StableLM-3B-4E1T",
        "parameters": 3_000_000_000,
        "nsfw": False,
        "style": "chat",
        "url": f"https://huggingface.co/{name}",
        "tags": ["roleplay"],
        **fields,
    }


def legacy_text(name: str, model: str, **fields: object) -> dict[str, Any]:
    return {
        "name": name,
        "model_name": model.rpartition("/")[2],
        "baseline": "StableLM-3B-4E1T",
        "parameters": 3_000_000_000,
        "description": "Writes.",
        "version": "1",
        "style": "chat",
        "nsfw": False,
        "url": f"https://huggingface.co/{model}",
        "tags": ["3B", "roleplay"],
        **fields,
    }


V2_TEXT = {MARX: v2_text(MARX, text_model_group=None), KIMIKO: v2_text(KIMIKO, text_model_group=None)}
LEGACY_TEXT = {
    name: legacy_text(name, model)
    for model in (MARX, KIMIKO)
    for name in (model, f"aphrodite/{model}", f"koboldcpp/{model.rpartition('/')[2]}")
}


def parsed(document: object) -> ModelReference:
    return parse_reference(encoded(document)).data


def record(**fields: object) -> ModelRecord:
    return parsed({"x": fields})["x"]


class TestFormats:
    def test_an_image_model_is_the_same_in_both(self) -> None:
        assert dict(parsed(V2_IMAGE)) == dict(parsed(LEGACY_IMAGE)) == {"Deliberate": IMAGE_RECORD}

    def test_a_text_model_is_the_same_in_both(self) -> None:
        assert parsed(V2_TEXT) == parsed(LEGACY_TEXT)
        marx = parsed(V2_TEXT)[MARX]
        assert (marx.parameters, marx.tags, marx.style, marx.url, marx.size, marx.downloads) == (
            3_000_000_000, ("roleplay",), "chat", f"https://huggingface.co/{MARX}", None, (),
        )  # fmt: skip

    def test_its_group_is_known_in_v2_only(self) -> None:
        assert parsed(horde_bodies.TEXT_REFERENCE)["TheDrummer/Cydonia-24B-v4.1"].text_model_group == "Cydonia"
        assert {record.text_model_group for record in parsed(LEGACY_TEXT).values()} == {None}

    def test_records_keep_the_references_order_and_look_like_a_mapping(self) -> None:
        reference = parsed(horde_bodies.IMAGE_REFERENCE)
        assert list(reference) == list(horde_bodies.IMAGE_REFERENCE)
        assert len(reference) == 3
        assert reference.available
        assert reference.get("nobody") is None

    def test_a_record_survives_a_json_round_trip_and_cannot_be_changed(self) -> None:
        assert ModelRecord.model_validate_json(IMAGE_RECORD.model_dump_json()) == IMAGE_RECORD
        with pytest.raises(ValueError, match="frozen"):
            IMAGE_RECORD.size = 0  # type: ignore[misc]


class TestFolding:
    def test_the_three_names_of_a_legacy_text_model_are_one_record(self) -> None:
        assert len(LEGACY_TEXT) == 6
        assert list(parsed(LEGACY_TEXT)) == [MARX, KIMIKO]

    def test_their_order_in_the_file_is_no_matter(self) -> None:
        assert parsed(dict(reversed(LEGACY_TEXT.items()))) == parsed(LEGACY_TEXT)

    @pytest.mark.parametrize(
        ("names", "kept"),
        [
            (["koboldcpp/Marx-3B-V3"], ["Marx-3B-V3"]),
            ([f"aphrodite/{MARX}", "koboldcpp/Marx-3B-V3"], [MARX]),
            (["koboldcpp/marx-3b-v3", MARX], [MARX]),
            (["a/One", "b/One"], ["a/One", "b/One"]),
            (["TheDrummer/One", "koboldcpp/Two"], ["TheDrummer/One", "Two"]),
        ],
    )
    def test_a_name_with_a_backend_stands_only_where_there_is_no_bare_one(
        self, names: list[str], kept: list[str]
    ) -> None:
        reference = parsed({name: legacy_text(name, name) for name in names})
        assert list(reference) == [record.name for record in reference.values()] == kept


class TestFields:
    @pytest.mark.parametrize(
        ("spelled", "baseline"),
        [
            ("stable diffusion 1", "stable_diffusion_1"),
            ("stable diffusion 2", "stable_diffusion_2_768"),
            ("stable diffusion 2 512", "stable_diffusion_2_512"),
            ("stable_diffusion_1", "stable_diffusion_1"),
            ("stable_diffusion_xl", "stable_diffusion_xl"),
            ("flux_1", "flux_1"),
            ("something_new", "something_new"),
            ("", None),
            (None, None),
            (5, None),
        ],
    )
    def test_baselines_are_spelled_as_in_v2(self, spelled: object, baseline: str | None) -> None:
        assert record(baseline=spelled).baseline == baseline

    @pytest.mark.parametrize(
        ("given", "tags"),
        [
            (["3B", "roleplay", "24B", "1.5B", "350M"], ("roleplay",)),
            (["MoE", "3Breakfasts", "B", "character"], ("MoE", "3Breakfasts", "B", "character")),
            (["a", 5, None], ("a",)),
            ([], ()),
            (None, ()),
            ("roleplay", ()),
        ],
    )
    def test_tags_that_only_repeat_the_size_are_dropped(self, given: object, tags: tuple[str, ...]) -> None:
        assert record(tags=given).tags == tags

    @pytest.mark.parametrize(
        ("given", "size"), [(5, 5), (5.0, 5), (0, 0), (-1, None), (1.5, None), ("5 GB", None), (None, None)]
    )
    def test_sizes_and_parameters_are_whole_numbers_or_unknown(self, given: object, size: int | None) -> None:
        read = record(size_on_disk_bytes=given, parameters=given)
        assert (read.size, read.parameters) == (size, size)

    @pytest.mark.parametrize(
        ("config", "downloads"),
        [
            ({"download": [{"file_url": "https://a"}, {"file_url": "https://b"}]}, ("https://a", "https://b")),
            ({"download": [{"file_url": ""}, {"file_url": None}, {"file_name": "x"}, "y"]}, ()),
            ({"download": None}, ()),
            ({}, ()),
            (None, ()),
            ([], ()),
        ],
    )
    def test_downloads_are_the_addresses_that_are_given(self, config: object, downloads: tuple[str, ...]) -> None:
        assert record(config=config).downloads == downloads

    @pytest.mark.parametrize(
        ("total", "parts", "size", "at_least"),
        [
            (90, [30, 50], 90, None),
            (None, [30, 50], 80, None),
            (None, [30, None], None, 30),
            (None, [None, None], None, None),
            (None, [], None, None),
            (None, [0, 0], 0, None),
            ("90", [30, 50], 80, None),
            (None, [30, -1], None, 30),
            (None, [30, 1.5], None, 30),
            (0, [30], 0, None),
        ],
    )
    @pytest.mark.parametrize("kind", ["download", "files"])
    def test_a_size_is_the_total_else_the_sum_of_all_files_else_at_least_of_some(
        self, total: object, parts: list[object], size: int | None, at_least: int | None, kind: str
    ) -> None:
        files = [{"file_name": str(place), "size_bytes": part} for place, part in enumerate(parts)]
        read = record(size_on_disk_bytes=total, config={kind: files})
        assert (read.size, read.size_at_least) == (size, at_least)

    @pytest.mark.parametrize(
        ("given", "options"),
        [
            ({"clip_skip": 2}, {"clip_skip": "2"}),
            ({"max_cfg_scale": 2.5, "cfg_scale": 2.0}, {"max_cfg_scale": "2.5", "cfg_scale": "2"}),
            ({"samplers": ["k_euler", "k_dpmpp_sde"]}, {"samplers": "k_euler, k_dpmpp_sde"}),
            ({"hires_fix": True, "karras": False}, {"hires_fix": "yes", "karras": "no"}),
            ({"scheduler": "<b>karras</b>"}, {"scheduler": "<b>karras</b>"}),
            ({"nothing": None, "deep": {"a": 1}, "empty": [], "steps": 8}, {"steps": "8"}),
            (["clip_skip"], {}),
            ("clip_skip", {}),
            (None, {}),
        ],
    )
    @pytest.mark.parametrize("field", ["requirements", "settings"])
    def test_requirements_and_settings_are_options_in_words(
        self, given: object, options: dict[str, str], field: str
    ) -> None:
        assert getattr(record(**{field: given}), field) == options

    @pytest.mark.parametrize("field", ["trigger", "showcases"])
    @pytest.mark.parametrize(
        ("given", "texts"),
        [(["a b", "javascript:x"], ("a b", "javascript:x")), ([5, None, " ", "a"], ("a",)), ("a", ()), (None, ())],
    )
    def test_triggers_and_showcases_are_texts(self, given: object, texts: tuple[str, ...], field: str) -> None:
        assert getattr(record(**{field: given}), field) == texts

    @pytest.mark.parametrize(
        ("given", "is_for_inpainting"), [(True, True), (False, False), (None, None), ("yes", None)]
    )
    def test_a_model_is_for_inpainting_where_its_record_says_so(
        self, given: object, is_for_inpainting: bool | None
    ) -> None:
        assert record(inpainting=given).inpainting is is_for_inpainting
        assert record(name="x").inpainting is False, "records of other models do not say so"

    @pytest.mark.parametrize("field", ["version", "instruct_format"])
    @pytest.mark.parametrize(("given", "text"), [("ChatML", "ChatML"), (" ", None), (2, None), (None, None)])
    def test_version_and_instruct_format_are_text(self, given: object, text: str | None, field: str) -> None:
        assert getattr(record(**{field: given}), field) == text

    def test_what_is_blank_or_of_another_type_is_not_stated(self) -> None:
        blank = record(description=" ", style="", url="", text_model_group="\n", nsfw="no", homepage="https://h")
        assert blank == ModelRecord(name="x", url="https://h")
        assert record(style="Anime").style == "anime"
        assert record(description=5, url=["x"]) == ModelRecord(name="x")

    def test_hostile_text_stays_text(self) -> None:
        reference = parsed({horde_bodies.HTML_NAME.partition("/")[2]: {"description": horde_bodies.FORMULA_NAME}})
        (kept,) = reference.values()
        assert kept.description == horde_bodies.FORMULA_NAME


class TestShape:
    @pytest.mark.parametrize("raw", [None, 5, "x", [], [{"name": "x"}]])
    def test_a_record_that_cannot_be_used_is_dropped_and_counted(self, raw: object) -> None:
        result = parse_reference(encoded({"bad": raw, "good": {}, "worse": raw}))
        assert (list(result.data), result.dropped) == (["good"], 2)

    @pytest.mark.parametrize(
        "body",
        [b"", b"<html>", b"null", b"[]", b"{}", b'[{"name": "x"}]', b'{"detail": "Not Found"}', b'{"Deliberate": {"na'],
    )
    def test_anything_but_an_object_of_records_is_a_failure(self, body: bytes) -> None:
        with pytest.raises(ShapeError):
            parse_reference(body)


class TestManager:
    V2_URL = "http://v2.example/api/model_references/v2/text_generation"
    LEGACY_URL = "http://raw.example/db.json"

    @pytest.fixture
    def upstream(self) -> Upstream:
        upstream = Upstream()
        upstream.answer(V2_TEXT, self.V2_URL)
        upstream.answer(LEGACY_TEXT, self.LEGACY_URL)
        return upstream

    @pytest.fixture
    def manager(self, upstream: Upstream) -> ModelReferenceManager:
        settings = Settings(
            reference_url="http://v2.example/api",
            reference_image_fallback_url="http://raw.example/stable_diffusion.json",
            reference_text_fallback_url="http://raw.example/db.json",
        )
        return ModelReferenceManager(settings, DualLayerCache(upstream.fetch))

    def test_it_asks_the_v2_service_once(self, manager: ModelReferenceManager, upstream: Upstream) -> None:
        reference = manager.get("text", WAIT)
        assert list(reference) == [MARX, KIMIKO]
        assert manager.get("text") is reference
        assert upstream.requests == {self.V2_URL: 1}

    @pytest.mark.parametrize("answer", [StatusError(503), b"<html>", b'{"detail": "Not Found"}'])
    def test_the_legacy_file_stands_in_for_it(
        self, manager: ModelReferenceManager, upstream: Upstream, answer: object
    ) -> None:
        upstream.answer(answer, self.V2_URL)
        reading = manager.read("text", WAIT)
        assert (reading.origin, reading.state) == (self.LEGACY_URL, State.FRESH)
        assert reading.value == parsed(V2_TEXT)

    def test_with_neither_it_is_empty_and_says_so(self, manager: ModelReferenceManager, upstream: Upstream) -> None:
        for url in (self.V2_URL, self.LEGACY_URL):
            upstream.answer(StatusError(404), url)
        reference = manager.get("text", WAIT)
        assert (len(reference), reference.available) == (0, False)

    def test_each_category_has_its_own_addresses_and_ttl(self, manager: ModelReferenceManager) -> None:
        image = manager.sources["image"]
        assert image.urls == (
            "http://v2.example/api/model_references/v2/image_generation",
            "http://raw.example/stable_diffusion.json",
        )
        assert (image.policy.ttl, image.policy.stale_ttl) == (3_600, 3_600)
