"""What a setting's value may be. The environment gives text, TOML gives types: readers take both.

Each raises ValueError with the fault's own words, which never repeat the value.
"""

import json
import math
import re
import ssl
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import marshmallow as ma
from marshmallow.fields import Field
from marshmallow.validate import Range

Network = IPv4Network | IPv6Network
T = TypeVar("T")


class Parsed(Field[T]):
    """A required value made by `parse`, whose ValueError is the fault's own words."""

    def __init__(self, parse: Callable[[Any], T], give: str, **kwargs: Any) -> None:
        super().__init__(required=True, metadata={"give": give}, **kwargs)
        self._parse = parse

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> T:
        try:
            return self._parse(value)
        except ValueError as error:
            raise ma.ValidationError(str(error)) from error


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value.strip()


def number(value: Any) -> float:
    """A finite number; a whole one stays whole, so that a page can print it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a number")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise ValueError("not a number") from None
    if not math.isfinite(found):
        raise ValueError("not a finite number")
    return int(found) if found.is_integer() else found


def whole(value: Any) -> int:
    found = number(value)
    if not isinstance(found, int):
        raise ValueError("not a whole number")
    return found


def yes_or_no(value: Any) -> bool:
    try:
        return value if isinstance(value, bool) else {"true": True, "false": False}[text(value)]
    except KeyError:
        raise ValueError("neither true nor false") from None


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise ValueError("not a list")
    return [text(part) for part in value]


def folder(value: Any) -> Path:
    if not text(value):
        raise ValueError("empty")
    return Path(text(value)).expanduser().absolute()


def folders(value: Any) -> tuple[Path, ...]:
    return tuple(map(folder, texts(value)))


def ca_bundle(value: Any) -> Path | None:
    if not text(value):
        return None
    path = folder(value)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        raise ValueError("no file of certificates that this user may read") from None
    return path


def networks(value: Any) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in texts(value))
    except ValueError:
        raise ValueError("not a list of networks") from None


def role_table(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not a table")
    if not set(map(text, value.values())) <= {"supervisor", "course-lead"}:
        raise ValueError("a role that is neither supervisor nor course-lead")
    return {name.strip(): text(role) for name, role in value.items()}


def database_url(value: Any) -> str:
    url = text(value)
    if url and not re.match(r"(sqlite|postgres|postgresql|postgresql\+psycopg)://", url):
        raise ValueError("neither SQLite nor PostgreSQL through psycopg")
    return url


def origin(value: Any) -> str:
    """An origin in its one normal form (RFC 6454 §4): lower case, no default port."""
    url = urlsplit(text(value))
    host = url.hostname or ""
    if not re.fullmatch(r"[a-z0-9:.-]+", host) or url.username is not None:
        raise ValueError("not an origin")
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("more than an origin")
    if url.scheme != "https" and not (url.scheme == "http" and _loopback(host)):
        raise ValueError("neither https nor http on loopback")
    host = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}[url.scheme]
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port not in (None, default) else "")


def web_address(value: Any) -> str:
    """An http or https address, or nothing."""
    given = text(value)
    url = urlsplit(given)
    if given and (url.scheme not in ("http", "https") or not url.hostname or url.username):
        raise ValueError("not a web address")
    return given


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def secret(value: Any) -> str:
    """A key nobody can guess: long, no piece repeated to length, none out of a manual."""
    key = text(value)
    if len(key) < 32:
        raise ValueError("shorter than 32 characters" if key else "missing")
    if key in (key + key)[1:-1] or re.search(r"change.?me|replace.?me|your.?secret", key, re.I):
        raise ValueError("a key that can be guessed")
    return key


def token(value: Any) -> str:
    """What a caller must bring, or nothing."""
    given = text(value)
    if given and len(given) < 16:
        raise ValueError("shorter than 16 characters")
    return given


def old_secret(value: Any) -> str:
    return secret(value) if value != "" else ""


def language(value: Any) -> str:
    if not re.fullmatch(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*", text(value)):
        raise ValueError("not a language tag")
    return text(value)


def time_zone(value: Any) -> str:
    try:
        return ZoneInfo(text(value)).key
    except (ValueError, KeyError, OSError):
        raise ValueError("no such time zone") from None


def amount(unit: str, least: float = 0, most: float = 100_000_000) -> Field[float]:
    """A number of seconds, minutes or days; fractions are for tests that cannot wait."""
    return Parsed(number, f"{least} to {most} {unit}", validate=_range(least, most))


def count(least: int, most: int) -> Field[int]:
    return Parsed(whole, f"a whole number from {least} to {most}", validate=_range(least, most))


def _range(least: float, most: float) -> Range:
    return Range(least, most, error="out of bounds")


def networks_field() -> Field[tuple[Network, ...]]:
    return Parsed(networks, "networks such as 10.0.0.0/8, with commas between, or nothing")
