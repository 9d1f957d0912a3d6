"""What has changed since a visitor looked before."""

from __future__ import annotations

from pages.common.since_last_look import Seen
from tests.fixtures.dashboard import Visit
from tests.fixtures.horde_bodies import TEXT_STATUS
from tests.fixtures.horde_server import HordeServer


def test_only_another_snapshot_makes_a_figure_an_earlier_one() -> None:
    first = Seen("one", None, None).next("one", 5)
    assert first.difference is None
    assert first.next("one", 5).difference is None
    second = first.next("two", 8)
    assert second.difference == 3
    assert second.next("two", 8).difference == 3
    assert second.next("three", 8).difference == 0
    assert second.next("three", None).difference is None


def test_figures_tell_their_change_after_new_data_and_not_before(visit: Visit, horde_server: HordeServer) -> None:
    app = visit("queue", "text")
    assert {metric.delta for metric in app.metric} == {""}
    horde_server.answer("/v2/status/models?type=text", [{**TEXT_STATUS[0], "jobs": 12.0}, *TEXT_STATUS[1:]])
    app.button(key="refresh").click().run()
    app.run()
    changes = {metric.label: metric.delta for metric in app.metric}
    assert changes["Jobs"] == "+10"
    assert changes["Threads offered"] == ""


def test_the_other_category_is_no_change(visit: Visit) -> None:
    app = visit("queue", "text")
    app.get_by_key("category").set_value("image").run()
    assert {metric.delta for metric in app.metric} == {""}


def test_paused_a_page_keeps_its_figures_until_it_goes_on(visit: Visit, horde_server: HordeServer) -> None:
    app = visit("queue", "text")
    app.toggle(key="paused").set_value(True).run()
    horde_server.answer("/v2/status/models?type=text", [{**TEXT_STATUS[0], "jobs": 12.0}, *TEXT_STATUS[1:]])
    app.button(key="refresh").click().run()
    app.run()
    assert {metric.label: metric.value for metric in app.metric}["Jobs"] == "9"
    app.toggle(key="paused").set_value(False).run()
    app.run()
    assert {metric.label: metric.value for metric in app.metric}["Jobs"] == "19"
