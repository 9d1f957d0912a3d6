"""What records say of models and workers stands where a visitor looks for it, as text; links name their host."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_bodies import IMAGE_REFERENCE, IMAGE_WORKERS, TEXT_REFERENCE, TEXT_WORKERS
from tests.fixtures.horde_server import HordeServer

IMAGE, TEXT = "Deliberate", "TheDrummer/Cydonia-24B-v4.1"
HOSTILE = "<img src=x onerror=alert(1)> [y](javascript:alert(1)) **z**"


def stated(app: AppTest) -> dict[str, str]:
    """What the sheet tells of the record."""
    assert not app.exception, app.exception
    table = next(table.value for table in app.dataframe if list(table.value.columns) == ["fact", "value"])
    return dict(zip(table["fact"], table["value"], strict=True))


def links(app: AppTest) -> dict[str, str]:
    """The links of the sheet: label and address."""
    return {link.proto.label: link.proto.url for link in app.get("link_button")}


def sheet(visit: Visit, horde_server: HordeServer, kind: str, **fields: Any) -> AppTest:
    """A model's sheet, its record with other fields."""
    reference, name = (IMAGE_REFERENCE, IMAGE) if kind == "image" else (TEXT_REFERENCE, TEXT)
    changed = {**reference, name: {**reference[name], **fields}}
    horde_server.answer(f"/model_references/v2/{kind}_generation", changed)
    return visit("model", kind, name=name)


def test_an_image_model_tells_what_requests_must_ask_for(visit: Visit, horde_server: HordeServer) -> None:
    told = stated(
        sheet(
            visit,
            horde_server,
            "image",
            version="3.1",
            inpainting=True,
            trigger=["one style", HOSTILE],
            requirements={"clip_skip": 2, "samplers": ["k_euler", "k_heun"]},
        )
    )
    assert told["Version"] == "3.1"
    assert told["Inpainting"] == "yes"
    assert told["Trigger words"] == f"one style; {HOSTILE}"
    assert told["Requirements"] == "clip skip 2; samplers k_euler, k_heun"
    assert "Family" not in told


def test_a_text_model_tells_its_format_and_settings(visit: Visit, horde_server: HordeServer) -> None:
    told = stated(sheet(visit, horde_server, "text", instruct_format="ChatML", settings={"temperature": 0.7}))
    assert (told["Instruct format"], told["Settings"]) == ("ChatML", "temperature 0.7")
    assert "Inpainting" not in told


@pytest.mark.parametrize(
    ("total", "parts", "said"),
    [
        (4_000_000_000, [10**9], "4 GB"),
        (None, [10**9, 3 * 10**9], "4 GB"),
        (None, [10**9, None], "at least 1 GB"),
        (None, [None], "not stated"),
        (None, [], "not stated"),
    ],
)
def test_a_size_that_misses_a_part_reads_as_a_least(
    visit: Visit, horde_server: HordeServer, total: int | None, parts: list[int | None], said: str
) -> None:
    config = {"download": [{"file_name": "f", "size_bytes": part} for part in parts]}
    assert stated(sheet(visit, horde_server, "image", size_on_disk_bytes=total, config=config))["Size on disk"] == said


def test_showcases_are_links_that_name_their_host_and_nothing_but_the_web_is_linked(
    visit: Visit, horde_server: HordeServer
) -> None:
    web = "https://evil.example\\@raw.githubusercontent.com/a.webp"
    app = sheet(visit, horde_server, "image", showcases=[web, "javascript:alert(1)", "data:text/html,x", HOSTILE])
    found = {label: url for label, url in links(app).items() if label.startswith("Showcase")}
    assert found == {"Showcase 1 (evil.example)": web}


def test_what_owners_say_of_workers_stands_in_columns_for_who_asks(visit: Visit, horde_server: HordeServer) -> None:
    workers = [{**row, "info": HOSTILE, "owner": "somebody#7"} for row in (*IMAGE_WORKERS, *TEXT_WORKERS)]
    horde_server.answer("/v2/workers", workers)
    usual = visit("workers").dataframe[0].value
    assert not {"info", "owner", "team", "kudos", "megapixelsteps", "meets"} & set(usual.columns)
    asked = visit("workers", workers_columns=["Info", "Owner", "Kudos", "Megapixelsteps made"]).dataframe[0].value  # type: ignore[arg-type]
    assert set(asked["info"]) == {HOSTILE}
    assert set(asked["owner"]) == {"somebody#7"}
    assert asked["kudos"].notna().all()


def test_workers_that_list_models_for_inpainting_and_cannot_paint_are_found(
    visit: Visit, horde_server: HordeServer
) -> None:
    reference = {name: {**record, "inpainting": True} for name, record in IMAGE_REFERENCE.items()}
    horde_server.answer("/model_references/v2/image_generation", reference)
    painting = {row["name"]: place == 0 for place, row in enumerate(IMAGE_WORKERS)}
    workers = [{**row, "painting": painting[row["name"]]} for row in IMAGE_WORKERS]
    horde_server.answer("/v2/workers", [*workers, *TEXT_WORKERS])
    app = visit("workers", requirements="lists models for inpainting, cannot paint")
    assert set(app.dataframe[0].value["name"]) == {name for name, paints in painting.items() if not paints}


def test_models_for_inpainting_and_their_requirements_are_filtered_in_the_audit(
    visit: Visit, horde_server: HordeServer
) -> None:
    changed = {"inpainting": True, "requirements": {"clip_skip": 2}}
    reference = {**IMAGE_REFERENCE, IMAGE: {**IMAGE_REFERENCE[IMAGE], **changed}}
    horde_server.answer("/model_references/v2/image_generation", reference)
    for chosen in ({"inpainting": "inpainting"}, {"requirement": "clip_skip"}):
        table = visit("audit", **chosen).dataframe[0].value
        assert list(table["name"]) == [IMAGE]
    assert IMAGE not in set(visit("audit", inpainting="not inpainting").dataframe[0].value["name"])
