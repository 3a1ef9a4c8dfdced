"""Read and check the settings: environment, over a TOML overlay, over config/default.toml.

No default is written here: config/default.toml holds every one with its reason, and
docs/configure.md tells an operator what each does. A fault names the setting, where its value came
from, what is wrong and what to do; the value itself, which may be a secret, is not repeated.
"""

import difflib
import errno
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import marshmallow as ma
from marshmallow.validate import OneOf

from lti_tool import shipped
from lti_tool.domain.errors import RoundsError
from lti_tool.settings import values
from lti_tool.settings.values import Network

__all__ = ["Network", "Settings", "SettingsError", "load_setting", "load_settings"]

PREFIX = "ROUNDS_"
OVERLAY = "ROUNDS_SETTINGS"


class SettingsError(RoundsError):
    """A setting that is unknown, missing or out of bounds: nothing starts until it is put right."""

    code = "settings-invalid"

    def __init__(self, setting: str, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"setting {setting} ({source}): {problem}; {remedy}")
        self.setting, self.source, self.problem, self.remedy = setting, source, problem, remedy


LAUNCH_PATH = "/lti/launch"
"""Where an LMS posts its launches, below the origin."""


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
    engine_poll_seconds: float
    engine_workers: int
    engine_silence_seconds: float
    database_pool: int
    engine_pool: int
    retry_seconds: float
    retry_max_seconds: float
    pause_max_seconds: float
    certificate_copy_days: float
    expiry_reminder_days: int
    certificate_seconds: float
    certificate_megabytes: int
    timestamp_url: str
    verify_tries: int
    verify_window_seconds: float
    role_names: Mapping[str, str] = field(hash=False)
    pack_folders: tuple[Path, ...]
    design_folders: tuple[Path, ...]
    web_workers: int
    web_threads: int
    log_format: str
    metrics_token: str = field(repr=False)
    hsts: bool
    tally_seconds: float

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
    def launch_url(self) -> str:
        """The address of launches; what one is about may follow as a query."""
        return self.origin + LAUNCH_PATH

    @property
    def secure_origin(self) -> bool:
        """Whether the public origin is https, so that HSTS may be sent."""
        return self.base_url.startswith("https://")


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises SettingsError for the first fault found."""
    found, sources = _read(environ)
    try:
        return Settings(**_Schema().load(found))
    except ma.ValidationError as error:
        name, problems = next(iter(error.messages_dict.items()))
        raise _refused(name, sources[name], problems) from None


def load_setting(name: str, environ: Mapping[str, str] = os.environ) -> Any:
    """One setting, for a command that needs no whole installation: others may be missing."""
    found, sources = _read(environ)
    try:
        return _Schema().fields[name].deserialize(found[name])
    except ma.ValidationError as error:
        raise _refused(name, sources[name], error.messages) from None


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is set, the strongest source's word, and each setting's source."""
    found: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, layer in _layers(environ):
        found |= layer
        sources |= dict.fromkeys(layer, source)
    for unknown in found.keys() - {setting.name for setting in fields(Settings)}:
        raise SettingsError(unknown, sources[unknown], "no such setting", _nearest(unknown))
    return found, sources


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
        if path.exists() and not path.is_file():  # a pipe or a device may have no end
            raise OSError(errno.EINVAL, "no ordinary file")
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


_NEW_KEY = "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


class _Schema(ma.Schema):
    """The shape of every setting."""

    database_url = values.Parsed(
        values.database_url, "sqlite:///file or postgresql://user@host/name"
    )
    data_dir = values.Parsed(values.folder, "a folder")
    base_url = values.Parsed(
        values.origin, "https://host[:port] and nothing after it (http on loopback only)"
    )
    secret_key = values.Parsed(values.secret, _NEW_KEY)
    secret_key_old = values.Parsed(values.old_secret, "the key used before, or nothing")
    trusted_proxies = values.networks_field()
    private_platforms = values.networks_field()
    language = values.Parsed(values.language, "a language tag such as en or pt_BR")
    time_zone = values.Parsed(values.time_zone, "a name of the tz database such as Europe/Lisbon")
    session_idle_minutes = values.amount("minutes", 0.001)
    session_warning_minutes = values.amount("minutes, fewer than session_idle_minutes")
    login_seconds = values.amount("seconds", 1)
    storage_seconds = values.amount("seconds", 0.1, 30)
    clock_leeway_seconds = values.amount("seconds", 0, 600)
    token_age_seconds = values.amount("seconds", 1, 3600)
    failed_tries = values.count(1, 100_000)
    failed_window_seconds = values.amount("seconds", 0.01)
    logins_per_minute = values.count(1, 100_000_000)
    http_connect_seconds = values.amount("seconds", 0.01, 60)
    http_read_seconds = values.amount("seconds", 0.01, 300)
    http_person_seconds = values.amount("seconds", 0.01, 60)
    http_bytes = values.count(10_000, 100_000_000)
    ca_bundle = values.Parsed(values.ca_bundle, "a file of certificates in PEM, or nothing")
    keys_seconds = values.amount("seconds")
    keys_burst = values.count(1, 100)
    keys_refill_seconds = values.amount("seconds", 0.01)
    keys_wait_seconds = values.amount("seconds", 0, 60)
    keys_pause_seconds = values.amount("seconds", 0, 60)
    key_overlap_hours = values.amount("hours", 0.1)
    roster_minutes = values.amount("minutes")
    invitation_hours = values.amount("hours", 0.001, 8760)
    engine_poll_seconds = values.amount("seconds", 0.01, 60)
    engine_workers = values.count(1, 64)
    engine_silence_seconds = values.amount("seconds", 0.1, 120)
    database_pool = values.count(1, 1000)
    engine_pool = values.count(1, 1000)
    retry_seconds = values.amount("seconds, no more than retry_max_seconds", 0.01)
    retry_max_seconds = values.amount("seconds", 0.01)
    pause_max_seconds = values.amount("seconds", 0.01)
    certificate_copy_days = values.amount("days", 0, 3650)
    expiry_reminder_days = values.count(0, 365)
    certificate_seconds = values.amount("seconds", 0.1, 600)
    certificate_megabytes = values.count(128, 65_536)
    timestamp_url = values.Parsed(
        values.web_address, "the web address of a timestamp service (RFC 3161), or nothing"
    )
    verify_tries = values.count(1, 100_000)
    verify_window_seconds = values.amount("seconds", 0.01)
    role_names = values.Parsed(
        values.role_table, "LMS role names, each with supervisor or course-lead"
    )
    pack_folders = values.Parsed(values.folders, "folders, commas between")
    design_folders = values.Parsed(values.folders, "folders, commas between")
    web_workers = values.count(1, 256)
    web_threads = values.count(1, 256)
    log_format = values.Parsed(
        values.text, "json or text", validate=OneOf(("json", "text"), error="unknown")
    )
    metrics_token = values.Parsed(values.token, "16 characters or more, or nothing")
    tally_seconds = values.amount("seconds", 0, 3600)
    hsts = values.Parsed(values.yes_or_no, "true or false")

    @ma.validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Pairs in which one setting bounds the other."""
        if data["session_warning_minutes"] >= data["session_idle_minutes"]:
            raise ma.ValidationError("would warn before it starts", "session_warning_minutes")
        if data["retry_seconds"] > data["retry_max_seconds"]:
            raise ma.ValidationError("longer than the longest wait", "retry_seconds")
