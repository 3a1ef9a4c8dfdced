"""Static files and their addresses, the theme, days and times."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import Babel

from lti_tool.web import look


@pytest.fixture
def plain() -> Iterator[Flask]:
    """An application of nothing but the look."""
    app = Flask("plain", static_folder=None)
    Babel(app)
    look.init_app(app)
    with app.test_request_context():
        yield app


@pytest.mark.parametrize("name", ["rounds.css", "icons.svg", "scoring.js", "vendor/htmx.min.js"])
def test_a_file_under_its_hashed_address_is_kept_for_a_year(plain: Flask, name: str) -> None:
    answer = plain.test_client().get(look.static_url(name), buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/static/rounds.css", "/static/rounds.css?v=0123456789ab"])
def test_under_any_other_address_it_is_asked_for_again(plain: Flask, address: str) -> None:
    answer = plain.test_client().get(address, buffered=True)
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


def test_each_font_the_stylesheet_names_is_there_for_good(plain: Flask) -> None:
    fonts = [path.name for path in (look.STATIC / "fonts").glob("*.woff2")]
    sheet = (look.STATIC / "rounds.css").read_text("utf-8")
    assert len(fonts) == sheet.count("url(fonts/")
    for font in fonts:
        assert f"url(fonts/{font})" in sheet
        answer = plain.test_client().get(f"/static/fonts/{font}", buffered=True)
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["nothing.css", "../look.py", "%2e%2e/look.py", "fonts", ""])
def test_nothing_else_is_served(plain: Flask, path: str) -> None:
    assert plain.test_client().get(f"/static/{path}", buffered=True).status_code == 404


def test_inside_a_frame_the_page_is_light() -> None:
    app = Flask("plain")
    for where, theme in {"iframe": "light", "document": "auto", None: "auto"}.items():
        headers = {"Sec-Fetch-Dest": where} if where else {}
        with app.test_request_context(headers=headers):
            assert look.theme() == theme


@pytest.mark.usefixtures("plain")
def test_a_moment_is_told_as_it_was_in_the_course() -> None:
    late = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    assert look.day(late, "Europe/Oslo") == "18 November"
    assert look.clock(late, "Europe/Oslo") == "00:30"
    assert look.day(late, "Europe/Oslo", year=True) == "18 November 2026"
    assert look.day(date(2026, 11, 17)) == "17 November"
    assert look.language() == "en"
