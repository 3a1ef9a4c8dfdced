"""Keys of platforms: how long they are kept, what early fetches cost, who waits for whom."""

import threading
from collections.abc import Iterator

import pytest

from lti_tool.domain.errors import PlatformAnswerWrong, PlatformUnreachable, TokenKeyUnknown
from lti_tool.lms.http import Http
from lti_tool.lms.platform_keys import PlatformKeys
from lti_tool.settings import load_settings
from tests.conftest import SECRET
from tests.stand_in import KeyServer, key_server, public_jwk


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def served() -> Iterator[KeyServer]:
    with key_server() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> PlatformKeys:
    settings = load_settings(
        {"ROUNDS_SECRET_KEY": SECRET, "ROUNDS_PRIVATE_PLATFORMS": "127.0.0.0/8"}
    )
    return PlatformKeys(
        Http(settings).get_json,
        seconds=600,
        burst=3,
        refill_seconds=120,
        wait=0.1,
        pause=2,
        clock=clock,
    )


def test_keys_last_as_long_as_the_setting_says(
    keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    first = keys.find(served.url, "first")
    clock.now += 599
    assert keys.find(served.url, "first") is first, "parsed once"
    assert served.fetches == 1
    clock.now += 2
    keys.find(served.url, "first")
    assert served.fetches == 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=90", 90),
        ("public, Max-Age=90, x", 90),
        ("max-age=9999", 600),
        ("no-store, max-age=300", 60),
        ("no-cache", 60),
        ("max-age=0, private", 60),
    ],
)
def test_the_platform_may_ask_for_less(
    header: str, seconds: int, keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    served.headers["Cache-Control"] = header
    keys.find(served.url, "first")
    clock.now += seconds - 1
    keys.find(served.url, "first")
    assert served.fetches == 1
    clock.now += 2
    keys.find(served.url, "first")
    assert served.fetches == 2


def test_a_key_that_is_taken_away_is_no_longer_good_after_the_keys_are_old(
    keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    keys.find(served.url, "first")
    served.keys = [public_jwk("second")]
    clock.now += 601
    with pytest.raises(TokenKeyUnknown):
        keys.find(served.url, "first")


def test_the_budget_of_early_fetches_refills_with_time(
    keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    def made_up(count: int) -> None:
        for number in range(count):
            with pytest.raises(TokenKeyUnknown):
                keys.find(served.url, f"made-up-{number}")

    made_up(1000)
    assert served.fetches == 1 + 3
    clock.now += 120
    made_up(10)
    assert served.fetches == 1 + 3 + 1


def test_keys_of_other_uses_and_kinds_are_passed_over(
    keys: PlatformKeys, served: KeyServer
) -> None:
    served.keys = [
        public_jwk("first", use="enc"),
        public_jwk("first", alg="RS512"),
        {"kid": "first", "kty": "oct", "k": "AAAA"},
        {"kid": "first", "kty": "RSA", "n": 5, "e": []},
    ]
    with pytest.raises(TokenKeyUnknown):
        keys.find(served.url, "first")
    served.keys.append(
        {name: value for name, value in public_jwk("first").items() if name != "alg"}
    )
    assert keys.find(served.url, "first").key_size == 2048


def test_a_slow_platform_holds_nobody_else_and_its_own_launches_only_briefly(
    keys: PlatformKeys, served: KeyServer
) -> None:
    served.delay = 0.6
    slow = threading.Thread(target=keys.find, args=(served.url, "first"))
    slow.start()
    while served.fetches == 0:
        pass
    with key_server() as other:
        assert keys.find(other.url, "first")
    with pytest.raises(PlatformUnreachable, match="still being fetched"):
        keys.find(served.url, "first")
    slow.join()
    assert keys.find(served.url, "first")
    assert served.fetches == 1


def test_a_key_known_before_serves_while_a_slow_platform_is_asked_anew(
    keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    known = keys.find(served.url, "first")
    clock.now += 601
    served.delay = 0.6
    slow = threading.Thread(target=keys.find, args=(served.url, "first"))
    slow.start()
    while served.fetches == 1:
        pass
    assert keys.find(served.url, "first") is known
    with pytest.raises(PlatformUnreachable):
        keys.find(served.url, "second")
    assert slow.is_alive(), "nobody waited for the fetch to end"
    slow.join()
    assert served.fetches == 2
    assert keys.find(served.url, "first") is not known


def test_once_a_fetch_is_slow_nobody_waits_for_it_any_more(
    keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    """Else each thread would wait for as long, one after the other."""
    served.delay = 0.4
    slow = threading.Thread(target=keys.find, args=(served.url, "first"))
    slow.start()
    while served.fetches == 0:
        pass
    clock.now += 5
    with pytest.raises(PlatformUnreachable, match="still being fetched"):
        keys.find(served.url, "first")
    assert slow.is_alive(), "it did not wait for the fetch to end"
    slow.join()


@pytest.mark.parametrize(
    ("status", "body"), [(503, b"{}"), (200, b"<html>"), (200, b""), (200, b'{"keys": []}')]
)
def test_after_a_failure_launches_fail_at_once_for_a_pause_that_grows(
    status: int, body: bytes, keys: PlatformKeys, served: KeyServer, clock: Clock
) -> None:
    served.status, served.body = status, body
    for pause in (2, 4, 8, 16, 32, 60, 60):
        with pytest.raises(PlatformAnswerWrong):
            keys.find(served.url, "first")
        fetched = served.fetches
        clock.now += pause - 0.1
        with pytest.raises(PlatformUnreachable, match="in vain just now"):
            keys.find(served.url, "first")
        assert served.fetches == fetched
        clock.now += 0.2
    served.status, served.body = 200, None
    assert keys.find(served.url, "first"), "what failed was not kept"
    served.status = 503
    clock.now += 601
    with pytest.raises(PlatformAnswerWrong):
        keys.find(served.url, "first")
    clock.now += 2.1
    with pytest.raises(PlatformAnswerWrong):
        keys.find(served.url, "first")


def test_a_failure_to_find_a_made_up_key_stops_no_good_launch(
    keys: PlatformKeys, served: KeyServer
) -> None:
    keys.find(served.url, "first")
    served.status = 503
    with pytest.raises(PlatformAnswerWrong):
        keys.find(served.url, "made-up")
    assert keys.find(served.url, "first")


def test_keys_changed_a_moment_after_a_fetch_are_found(
    keys: PlatformKeys, served: KeyServer
) -> None:
    keys.find(served.url, "first")
    served.keys = [public_jwk("second")]
    assert keys.find(served.url, "second")
