"""The table of pages: each has its file, and each file its entry."""

from pathlib import Path

from pages.page_table import PAGES

FOLDER = Path(__file__).parents[2] / "pages"


def test_each_page_has_its_file_and_each_file_its_entry() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__", "main", "page_table"}
    assert files == {page.name for page in PAGES}


def test_the_first_page_is_at_the_root_and_no_two_share_an_address() -> None:
    assert PAGES[0].path == "/"
    assert len({page.path for page in PAGES}) == len(PAGES)


def test_a_visitor_chooses_only_among_several_categories() -> None:
    assert all(len(page.categories) > 1 for page in PAGES if page.chooses_category)
