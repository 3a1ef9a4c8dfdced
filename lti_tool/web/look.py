"""What every page shares: static files under hashed addresses, the theme, days and times."""

import hashlib
from datetime import date, datetime
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, request, url_for
from flask_babel import format_date, format_timedelta, get_locale
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

STATIC = Path(__file__).with_name("static")

YEAR = 365 * 24 * 3600
HOUR = 3600

look = Blueprint("look", __name__)


@look.get("/static/<path:name>")
def static_file(name: str) -> Response:
    """A file of the interface. Held for a year under its hashed address, else for an hour.

    Fonts are asked for by the stylesheet without a hash; they never change under their name.
    """
    content = _content(name)
    if content is None:
        raise NotFound
    response = Response(content, mimetype=guess_type(name)[0])
    response.add_etag()
    response.make_conditional(request)
    lasting = name.startswith("fonts/") or request.args.get("v") == fingerprint(name)
    response.cache_control.no_cache = None
    response.cache_control.public = True
    response.cache_control.max_age = YEAR if lasting else HOUR
    response.cache_control.immutable = lasting
    return response


@cache
def _content(name: str) -> bytes | None:
    """A static file, read once a process; None where there is none of that name."""
    path = safe_join(str(STATIC), name)
    return Path(path).read_bytes() if path and Path(path).is_file() else None


@cache
def fingerprint(name: str) -> str:
    """Twelve hex digits that change with the content of a static file; "" where there is none."""
    content = _content(name)
    return "" if content is None else hashlib.sha256(content).hexdigest()[:12]


def static_url(name: str) -> str:
    """The address of a static file, new with each new content."""
    return url_for("look.static_file", name=name, v=fingerprint(name))


def theme() -> str:
    """`light` inside a frame, where a dark panel in a white course looks broken; else `auto`."""
    return "light" if request.headers.get("Sec-Fetch-Dest") == "iframe" else "auto"


def language() -> str:
    """The language of the page, as HTML names it: `en`, `pt-BR`."""
    return str(get_locale()).replace("_", "-")


def day(value: date | datetime, zone: str = "UTC", *, year: bool = False) -> str:
    """*17 November*, in the reader's language; with `year` where the year can be mistaken.

    A moment (a datetime) is told as the day it was in `zone`, the course's time zone.
    """
    on = value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value
    return str(format_date(on, "d MMMM yyyy" if year else "d MMMM"))


def clock(value: datetime, zone: str) -> str:
    """*14:32* in `zone`, the course's time zone."""
    return f"{value.astimezone(ZoneInfo(zone)):%H:%M}"


def ago(then: datetime, now: datetime) -> str:
    """*12 minutes ago*, in the reader's language: how old something is that was read."""
    return str(format_timedelta(then - now, add_direction=True))


def ahead(then: datetime, now: datetime) -> str:
    """*4 minutes*, in the reader's language: how far off something is that will be."""
    return str(format_timedelta(then - now))


def init_app(app: Flask) -> None:
    """Serve the static files and give templates what this module offers."""
    app.register_blueprint(look)
    app.jinja_env.globals.update(static_url=static_url, theme=theme, language=language)
    app.jinja_env.filters.update(day=day, clock=clock)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
