"""Settings: the layers in their order, and each fault told by name, source and remedy."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import certifi
import pytest

from lti_tool.settings import Settings, SettingsError, load_settings

KEY = "Vt3kXw9-Qz7pLr2_Nf8sHd4cJm6bGy1a"


def load(**environment: str) -> Settings:
    """The settings under these variables, named without their prefix, beside a good key."""
    named = {f"ROUNDS_{name.upper()}": value for name, value in environment.items()}
    return load_settings({"ROUNDS_SECRET_KEY": KEY} | named)


@pytest.fixture
def overlay(tmp_path: Path) -> Callable[[str], str]:
    """Writes a TOML overlay and answers its path."""

    def write(text: str) -> str:
        path = tmp_path / "overlay.toml"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def test_defaults_are_all_there_but_the_key() -> None:
    settings = load_settings({"ROUNDS_SECRET_KEY": KEY})
    assert settings.session_idle_minutes == 60
    assert settings.trusted_proxies == ()
    with pytest.raises(SettingsError, match=r"secret_key \(config/default.toml\): missing; give"):
        load_settings({})


def test_the_environment_wins_over_the_overlay_and_that_over_the_default(
    overlay: Callable[[str], str],
) -> None:
    path = overlay("web_workers = 5\nweb_threads = 6\n")
    settings = load(settings=path, web_threads="7")
    assert (settings.web_workers, settings.web_threads, settings.engine_workers) == (5, 7, 4)


def test_other_programs_variables_are_none_of_ours() -> None:
    assert load_settings({"ROUNDS_SECRET_KEY": KEY, "PATH": "/bin", "ROUND": "1"}) == load()


def test_text_of_the_environment_becomes_what_the_setting_is() -> None:
    settings = load(
        private_platforms="127.0.0.0/8, ::1",
        pack_folders="/srv/packs,/srv/more",
        role_names='{"Clinical Preceptor": "supervisor"}',
        engine_poll_seconds="0.25",
        hsts="false",
    )
    assert settings.private_platforms == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert settings.pack_folders == (Path("/srv/packs"), Path("/srv/more"))
    assert settings.role_names == {"Clinical Preceptor": "supervisor"}
    assert settings.engine_poll_seconds == 0.25
    assert settings.hsts is False


def test_an_overlay_uses_the_types_of_toml(overlay: Callable[[str], str]) -> None:
    path = overlay(
        'trusted_proxies = ["10.0.0.5"]\nhsts = false\n[role_names]\nPreceptor = "course-lead"\n'
    )
    settings = load(settings=path)
    assert settings.trusted_proxies == (ip_network("10.0.0.5/32"),)
    assert settings.role_names == {"Preceptor": "course-lead"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("base_url", "http://rounds.example.edu"),
        ("base_url", "https://rounds.example.edu/tool"),
        ("base_url", "https://rounds.example.edu?a=b"),
        ("base_url", "https://someone@rounds.example.edu"),
        ("base_url", "https://exa mple.edu"),
        ("base_url", "https://rounds.example.edu:port"),
        ("base_url", "ftp://127.0.0.1"),
        ("base_url", "rounds.example.edu"),
        ("base_url", ""),
        ("secret_key", "short"),
        ("secret_key", "x" * 64),
        ("secret_key", "0123456789" * 5),
        ("secret_key", "change-me-before-you-start-the-tool!"),
        ("secret_key_old", "short"),
        ("database_url", "mysql://host/name"),
        ("database_url", "rounds.db"),
        ("data_dir", ""),
        ("trusted_proxies", "proxy.example.edu"),
        ("private_platforms", "10.0.0.1/8"),
        ("language", "English"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("session_idle_minutes", "an hour"),
        ("session_idle_minutes", "nan"),
        ("session_idle_minutes", "inf"),
        ("session_idle_minutes", "-1"),
        ("session_warning_minutes", "60"),
        ("retry_seconds", "100000"),
        ("token_age_seconds", "1e9"),
        ("web_workers", "0"),
        ("web_workers", "2.5"),
        ("role_names", "Preceptor"),
        ("role_names", '["supervisor"]'),
        ("role_names", '{"Preceptor": "dean"}'),
        ("role_names", '{"Preceptor": 1}'),
        ("log_format", "xml"),
        ("hsts", "maybe"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_source(setting: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(**{setting: value})
    assert refusal.value.code == "settings-invalid"
    assert refusal.value.setting == setting
    assert refusal.value.source == f"environment ROUNDS_{setting.upper()}"
    assert refusal.value.problem
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        "web_workers = true",
        'web_workers = ["2"]',
        "base_url = 80",
        "trusted_proxies = 10",
        "hsts = 1",
    ],
)
def test_a_value_of_another_type_is_refused(line: str, overlay: Callable[[str], str]) -> None:
    path = overlay(line)
    with pytest.raises(SettingsError) as refusal:
        load(settings=path)
    assert refusal.value.setting == line.split()[0]
    assert refusal.value.source == f"file {path}"


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("secert_key", "write secret_key if that was meant, else remove it"),
        ("something_else_entirely", "remove it"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_name(variable: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(**{variable: "1"})
    assert (refusal.value.setting, refusal.value.problem) == (variable, "no such setting")
    assert refusal.value.remedy == remedy


def test_an_unknown_setting_in_the_overlay_is_refused(overlay: Callable[[str], str]) -> None:
    with pytest.raises(SettingsError, match=r"web_worker .*: no such setting; write web_workers"):
        load(settings=overlay("web_worker = 2"))


def test_an_overlay_that_is_absent_or_broken_is_told_apart(overlay: Callable[[str], str]) -> None:
    with pytest.raises(SettingsError, match="cannot be read, no such file or directory"):
        load(settings="/nowhere/rounds.toml")
    with pytest.raises(SettingsError, match="cannot be read, no ordinary file"):
        load(settings="/dev/zero")
    with pytest.raises(SettingsError, match=r"is not TOML: .*line 1"):
        load(settings=overlay("web_workers 2"))


def test_the_value_of_a_secret_is_never_told() -> None:
    settings = load(secret_key_old=KEY[::-1], database_url="postgresql://rounds:hush@db/rounds")
    assert not any(word in repr(settings) for word in (KEY, KEY[::-1], "hush"))
    with pytest.raises(SettingsError) as refusal:
        load(secret_key="hunter2")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Rounds.Example.EDU/", "https://rounds.example.edu"),
        ("https://rounds.example.edu:443", "https://rounds.example.edu"),
        ("https://rounds.example.edu:8443", "https://rounds.example.edu:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://tool.localhost:8000", "http://tool.localhost:8000"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_origin_has_one_form(given: str, origin: str) -> None:
    settings = load(base_url=given)
    assert settings.origin == origin
    assert settings.secure_origin is origin.startswith("https")


@pytest.mark.parametrize(
    ("given", "database"),
    [
        ("", "sqlite:////srv/rounds/rounds.db"),
        ("sqlite:///elsewhere.db", "sqlite:///elsewhere.db"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        (
            "postgresql://u:p@h:5432/d?sslmode=require",
            "postgresql+psycopg://u:p@h:5432/d?sslmode=require",
        ),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
    ],
)
def test_the_database_is_spelled_for_its_driver(given: str, database: str) -> None:
    assert load(data_dir="/srv/rounds", database_url=given).database == database


def test_a_relative_data_folder_stays_where_the_process_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(data_dir="data")
    monkeypatch.chdir(tmp_path)
    assert settings.data_dir.is_absolute()
    assert settings.data_dir.parent != tmp_path


def test_settings_can_be_compared_hashed_and_replaced() -> None:
    settings = load()
    assert hash(settings) == hash(load())
    assert replace(settings, web_workers=3).web_workers == 3


def test_an_authority_of_ones_own_is_read_when_rounds_starts(tmp_path: Path) -> None:
    assert load().ca_bundle is None
    assert load(ca_bundle=certifi.where()).ca_bundle == Path(certifi.where())
    (tmp_path / "no.pem").write_text("no certificate")
    for path in (tmp_path / "missing.pem", tmp_path / "no.pem", tmp_path):
        with pytest.raises(SettingsError, match="no file of certificates"):
            load(ca_bundle=str(path))
