"""Any address opens the page; values that are not understood are named once."""

from itertools import cycle

import pytest
from streamlit.testing.v1 import AppTest

from pages.page_table import PAGES
from tests.fixtures.dashboard import Visit, unfolded
from tests.pages.test_pages import CATEGORIES, notices

VALUES = ("", "inf", "-inf", "nan", "1e400", "9" * 23, "-1", "0.5", "zzz", "[]", "a" * 3_000, "\x00", "<b>", "=1+1")
LEFT_OUT = "not understood"


def parameters(app: AppTest) -> list[str]:
    """The parameters of a page, by the keys of what may be chosen on it, folded away or not."""
    kinds = ("text_input", "number_input", "multiselect", "button_group", "tab_container")
    opened = unfolded(app)
    widgets = [widget for kind in kinds for widget in opened.get(kind)]
    return sorted({str(widget.key) for widget in widgets if getattr(widget, "key", None)})


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_any_value_of_any_parameter_gives_the_page(visit_simulation: Visit, page: str) -> None:
    known = {key for category in CATEGORIES for key in parameters(visit_simulation(page, category))}
    filters = known - {"category"} | {"preset", "nothing"}
    for value, category in zip(VALUES, cycle((*CATEGORIES, "Sound")), strict=False):
        app = visit_simulation(page, category, **dict.fromkeys(filters, value))
        assert not app.exception, (value, app.exception)
        assert not app.error, (value, app.error)
        assert app.header[0].value.casefold() == page


@pytest.mark.parametrize(
    ("page", "key", "value"),
    [
        ("usage", "category", ""),
        ("usage", "category", "Sound"),
        ("usage", "period", "A week"),
        ("usage", "usage_tab", "Nowhere"),
        ("usage", "usage_threads_from", "many"),
        ("usage", "usage_columns_image", "Colour"),
        ("usage", "usage_name", "a" * 3_000),
        ("audit", "grace_days", "inf"),
        ("audit", "grace_days", "1.5"),
        ("audit", "size_from", "9" * 23),
        ("audit", "size_from", "-1"),
        ("audit", "severity", "Dreadful"),
        ("audit", "preset", "everything"),
        ("model", "name", "a" * 3_000),
    ],
)
def test_what_is_not_understood_is_told_once_and_left_out(
    visit_simulation: Visit, page: str, key: str, value: str
) -> None:
    app = visit_simulation(page, **{key: value})
    assert LEFT_OUT in notices(app)
    (told,) = [text.value for text in app.text if f"{key}=" in text.value]
    assert len(told) < 100
    assert LEFT_OUT not in notices(app.run())


@pytest.mark.parametrize(
    ("page", "key", "value"),
    [
        ("usage", "category", "Text"),
        ("usage", "usage_threads_from", "2"),
        ("usage", "usage_threads_from", ""),
        ("usage", "usage_columns_image", ""),
        ("usage", "usage_name", "flux"),
        ("audit", "grace_days", "10"),
        ("audit", "preset", "critical"),
    ],
)
def test_what_is_understood_is_no_news(visit_simulation: Visit, page: str, key: str, value: str) -> None:
    assert LEFT_OUT not in notices(visit_simulation(page, **{key: value}))
