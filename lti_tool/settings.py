"""Read and check the settings: environment, over a TOML overlay, over config/default.toml.

No default is written here: config/default.toml holds every one with its reason, and
docs/configure.md tells an operator what each does. A fault names the setting, where its value came
from, what is wrong and what to do; the value itself, which may be a secret, is not repeated.
"""

import difflib
import json
import math
import os
import re
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import marshmallow as ma
from marshmallow.fields import Field
from marshmallow.validate import OneOf, Range

from lti_tool import shipped
from lti_tool.domain.errors import RoundsError

PREFIX = "ROUNDS_"
OVERLAY = "ROUNDS_SETTINGS"

Network = IPv4Network | IPv6Network
T = TypeVar("T")


class SettingsError(RoundsError):
    """A setting that is unknown, missing or out of bounds: nothing starts until it is put right."""

    code = "settings-invalid"

    def __init__(self, setting: str, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"setting {setting} ({source}): {problem}; {remedy}")
        self.setting, self.source, self.problem, self.remedy = setting, source, problem, remedy


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. Waits and ages are numbers of the unit their name ends in."""

    database_url: str = field(repr=False)
    data_dir: Path
    base_url: str
    secret_key: str = field(repr=False)
    secret_key_old: str = field(repr=False)
    trusted_proxies: tuple[Network, ...]
    private_platforms: tuple[Network, ...]
    language: str
    time_zone: str
    session_idle_minutes: float
    session_warning_minutes: float
    login_seconds: float
    storage_seconds: float
    clock_leeway_seconds: float
    token_age_seconds: float
    failed_tries: int
    failed_window_seconds: float
    logins_per_minute: int
    http_connect_seconds: float
    http_read_seconds: float
    http_person_seconds: float
    http_bytes: int
    ca_bundle: Path | None
    keys_seconds: float
    keys_burst: int
    keys_refill_seconds: float
    keys_wait_seconds: float
    keys_pause_seconds: float
    key_overlap_hours: float
    roster_minutes: float
    invitation_hours: float
    registration_seconds: float
    engine_poll_seconds: float
    engine_workers: int
    engine_silence_seconds: float
    database_pool: int
    engine_pool: int
    retry_seconds: float
    retry_max_seconds: float
    certificate_copy_days: float
    certificate_seconds: float
    certificate_megabytes: int
    verify_tries: int
    verify_window_seconds: float
    role_names: Mapping[str, str] = field(hash=False)
    pack_folders: tuple[Path, ...]
    web_workers: int
    web_threads: int
    log_format: str
    hsts: bool

    @property
    def database(self) -> str:
        """The SQLAlchemy URL, its driver spelled out; without one, SQLite in the data folder."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'rounds.db'}"
        scheme, rest = self.database_url.split(":", 1)
        return f"postgresql+psycopg:{rest}" if scheme.startswith("postgres") else self.database_url

    @property
    def origin(self) -> str:
        """The public origin, without a slash at its end: what addresses and cookies follow."""
        return self.base_url

    @property
    def secure_origin(self) -> bool:
        """Whether the public origin is https, so that HSTS may be sent."""
        return self.base_url.startswith("https://")


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises SettingsError for the first fault found."""
    values, sources = _read(environ)
    try:
        return Settings(**_Schema().load(values))
    except ma.ValidationError as error:
        name, problems = next(iter(error.messages_dict.items()))
        raise _refused(name, sources[name], problems) from None


def load_setting(name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """One setting, for a command that needs no whole installation: others may be missing."""
    values, sources = _read(environ)
    try:
        return _Schema().fields[name].deserialize(values[name])
    except ma.ValidationError as error:
        raise _refused(name, sources[name], error.messages) from None


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is set, the strongest source's word, and each setting's source."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, layer in _layers(environ):
        values |= layer
        sources |= dict.fromkeys(layer, source)
    for unknown in values.keys() - {setting.name for setting in fields(Settings)}:
        raise SettingsError(unknown, sources[unknown], "no such setting", _nearest(unknown))
    return values, sources


def _refused(name: str, source: str, problems: Any) -> SettingsError:
    remedy = f"give {_Schema().fields[name].metadata['give']}"
    return SettingsError(name, source, _first(problems), remedy)


def _layers(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """What each source sets, the weakest first."""
    default = shipped.folder("config") / "default.toml"
    layers = [("config/default.toml", tomllib.loads(default.read_text("utf-8")))]
    if environ.get(OVERLAY):
        layers.append((f"file {environ[OVERLAY]}", _overlay(Path(environ[OVERLAY]))))
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name != OVERLAY:
            layers.append((f"environment {name}", {name.removeprefix(PREFIX).lower(): value}))
    return layers


def _overlay(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problem = f"cannot be read, {(error.strerror or 'unknown fault').lower()}"
        remedy = "give the path of a TOML file this user may read"
    except ValueError as error:
        problem, remedy = f"{path} is not TOML: {error}", "correct the file at that place"
    raise SettingsError("settings", f"environment {OVERLAY}", problem, remedy)


def _nearest(setting: str) -> str:
    close = difflib.get_close_matches(setting, [known.name for known in fields(Settings)], n=1)
    return f"write {close[0]} if that was meant, else remove it" if close else "remove it"


def _first(messages: Any) -> str:
    """The first message in marshmallow's nest of lists and dicts."""
    while not isinstance(messages, str):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return messages


# What a value may be. The environment gives text, TOML gives types: each reader takes both --------


class _Parsed(Field[T]):
    """A required value made by `parse`, whose ValueError is the fault's own words."""

    def __init__(self, parse: Callable[[Any], T], give: str, **kwargs: Any) -> None:
        super().__init__(required=True, metadata={"give": give}, **kwargs)
        self._parse = parse

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> T:
        try:
            return self._parse(value)
        except ValueError as error:
            raise ma.ValidationError(str(error)) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value.strip()


def _number(value: Any) -> float:
    """A finite number; a whole one stays whole, so that a page can print it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("not a number") from None
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return int(number) if number.is_integer() else number


def _whole(value: Any) -> int:
    number = _number(value)
    if not isinstance(number, int):
        raise ValueError("not a whole number")
    return number


def _yes_or_no(value: Any) -> bool:
    try:
        return value if isinstance(value, bool) else {"true": True, "false": False}[_text(value)]
    except KeyError:
        raise ValueError("neither true nor false") from None


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise ValueError("not a list")
    return [_text(part) for part in value]


def _folder(value: Any) -> Path:
    if not _text(value):
        raise ValueError("empty")
    return Path(_text(value)).expanduser().absolute()


def _ca_bundle(value: Any) -> Path | None:
    if not _text(value):
        return None
    path = _folder(value)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        raise ValueError("no file of certificates that this user may read") from None
    return path


def _networks(value: Any) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in _list(value))
    except ValueError:
        raise ValueError("not a list of networks") from None


def _table(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not a table")
    if not set(map(_text, value.values())) <= {"supervisor", "course-lead"}:
        raise ValueError("a role that is neither supervisor nor course-lead")
    return {name.strip(): _text(role) for name, role in value.items()}


def _database_url(value: Any) -> str:
    url = _text(value)
    if url and not re.match(r"(sqlite|postgres|postgresql|postgresql\+psycopg)://", url):
        raise ValueError("neither SQLite nor PostgreSQL through psycopg")
    return url


def _origin(value: Any) -> str:
    """An origin in its one normal form (RFC 6454 §4): lower case, no default port."""
    url = urlsplit(_text(value))
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


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _secret(value: Any) -> str:
    """A key nobody can guess: long, no piece repeated to length, none out of a manual."""
    key = _text(value)
    if len(key) < 32:
        raise ValueError("shorter than 32 characters" if key else "missing")
    if key in (key + key)[1:-1] or re.search(r"change.?me|replace.?me|your.?secret", key, re.I):
        raise ValueError("a key that can be guessed")
    return key


def _old_secret(value: Any) -> str:
    return _secret(value) if value != "" else ""


def _language(value: Any) -> str:
    if not re.fullmatch(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*", _text(value)):
        raise ValueError("not a language tag")
    return _text(value)


def _time_zone(value: Any) -> str:
    try:
        return ZoneInfo(_text(value)).key
    except (ValueError, KeyError, OSError):
        raise ValueError("no such time zone") from None


def _amount(unit: str, least: float = 0, most: float = 100_000_000) -> Field[float]:
    """A number of seconds, minutes or days; fractions are for tests that cannot wait."""
    return _Parsed(_number, f"{least} to {most} {unit}", validate=_range(least, most))


def _count(least: int, most: int) -> Field[int]:
    return _Parsed(_whole, f"a whole number from {least} to {most}", validate=_range(least, most))


def _range(least: float, most: float) -> Range:
    return Range(least, most, error="out of bounds")


def _networks_field() -> Field[tuple[Network, ...]]:
    return _Parsed(_networks, "networks such as 10.0.0.0/8, with commas between, or nothing")


_NEW_KEY = "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


class _Schema(ma.Schema):
    """The shape of every setting."""

    database_url = _Parsed(_database_url, "sqlite:///file or postgresql://user@host/name")
    data_dir = _Parsed(_folder, "a folder")
    base_url = _Parsed(_origin, "https://host[:port] and nothing after it (http on loopback only)")
    secret_key = _Parsed(_secret, _NEW_KEY)
    secret_key_old = _Parsed(_old_secret, "the key used before, or nothing")
    trusted_proxies = _networks_field()
    private_platforms = _networks_field()
    language = _Parsed(_language, "a language tag such as en or pt_BR")
    time_zone = _Parsed(_time_zone, "a name of the tz database such as Europe/Lisbon")
    session_idle_minutes = _amount("minutes", 0.001)
    session_warning_minutes = _amount("minutes, fewer than session_idle_minutes")
    login_seconds = _amount("seconds", 1)
    storage_seconds = _amount("seconds", 0.1, 30)
    clock_leeway_seconds = _amount("seconds", 0, 600)
    token_age_seconds = _amount("seconds", 1, 3600)
    failed_tries = _count(1, 100_000)
    failed_window_seconds = _amount("seconds", 0.01)
    logins_per_minute = _count(1, 100_000_000)
    http_connect_seconds = _amount("seconds", 0.01, 60)
    http_read_seconds = _amount("seconds", 0.01, 300)
    http_person_seconds = _amount("seconds", 0.01, 60)
    http_bytes = _count(10_000, 100_000_000)
    ca_bundle = _Parsed(_ca_bundle, "a file of certificates in PEM, or nothing")
    keys_seconds = _amount("seconds")
    keys_burst = _count(1, 100)
    keys_refill_seconds = _amount("seconds", 0.01)
    keys_wait_seconds = _amount("seconds", 0, 60)
    keys_pause_seconds = _amount("seconds", 0, 60)
    key_overlap_hours = _amount("hours", 0.1)
    roster_minutes = _amount("minutes")
    invitation_hours = _amount("hours", 0.001, 8760)
    registration_seconds = _amount("seconds", 0.01, 60)
    engine_poll_seconds = _amount("seconds", 0.01, 60)
    engine_workers = _count(1, 64)
    engine_silence_seconds = _amount("seconds", 0.1, 120)
    database_pool = _count(1, 1000)
    engine_pool = _count(1, 1000)
    retry_seconds = _amount("seconds, no more than retry_max_seconds", 0.01)
    retry_max_seconds = _amount("seconds", 0.01)
    certificate_copy_days = _amount("days", 0, 3650)
    certificate_seconds = _amount("seconds", 0.1, 600)
    certificate_megabytes = _count(128, 65_536)
    verify_tries = _count(1, 100_000)
    verify_window_seconds = _amount("seconds", 0.01)
    role_names = _Parsed(_table, "LMS role names, each with supervisor or course-lead")
    pack_folders = _Parsed(lambda v: tuple(map(_folder, _list(v))), "folders, commas between")
    web_workers = _count(1, 256)
    web_threads = _count(1, 256)
    log_format = _Parsed(_text, "json or text", validate=OneOf(("json", "text"), error="unknown"))
    hsts = _Parsed(_yes_or_no, "true or false")

    @ma.validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Pairs in which one setting bounds the other."""
        if data["session_warning_minutes"] >= data["session_idle_minutes"]:
            raise ma.ValidationError("would warn before it starts", "session_warning_minutes")
        if data["retry_seconds"] > data["retry_max_seconds"]:
            raise ma.ValidationError("longer than the longest wait", "retry_seconds")
