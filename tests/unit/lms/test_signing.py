"""Signing keys: made once, published, sealed, and readable across a change of secret."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import select

from lti_tool.domain.errors import KeysRotating, SecretKeyWrong, SigningKeyMissing
from lti_tool.lms.signing import (
    check_keys,
    ensure_key,
    public_jwks,
    published_keys,
    rotate,
    sign,
)
from lti_tool.models.platform import SigningKey
from lti_tool.sealing import reseal, seal, unseal
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

OTHER_SECRET = "another-key-for-tests-k8Vd2Qx7Lm4Zs9"
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
OVERLAP = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def keyed(rounds: Rounds) -> Rounds:
    """An installation whose first key was made a month ago."""
    with rounds.work() as unit:
        ensure_key(unit.session, rounds.settings, NOW - timedelta(days=30))
    return rounds


def signed(rounds: Rounds, settings: Settings | None = None, now: datetime = NOW) -> str:
    with rounds.reading() as unit:
        return sign(unit.session, settings or rounds.settings, {"iss": "me"}, now)


def signer(rounds: Rounds, now: datetime) -> str:
    """The id of the key that signs at that moment."""
    return str(jwt.get_unverified_header(signed(rounds, now=now))["kid"])


def published(rounds: Rounds, now: datetime = NOW) -> dict[str, dict[str, str]]:
    """The key set at that moment, by key id."""
    with rounds.reading() as unit:
        return {key["kid"]: key for key in public_jwks(unit.session, now)["keys"]}


def turn(rounds: Rounds, now: datetime, **how: bool) -> str:
    """Rotate at that moment; the new key's id."""
    before = published(rounds, now)
    with rounds.work() as unit:
        rotate(unit.session, rounds.settings, now, **{"at_once": False} | how)
    [new] = published(rounds, now).keys() - before.keys()
    return new


def test_what_is_signed_is_verified_by_what_is_published(keyed: Rounds) -> None:
    token = signed(keyed)
    [key] = published(keyed).values()
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": key["kid"], "typ": "JWT"}
    assert jwt.decode(token, jwt.PyJWK(key), ["RS256"]) == {"iss": "me"}


def test_only_the_public_half_is_published(keyed: Rounds) -> None:
    [key] = published(keyed).values()
    assert key.keys() == {"kty", "n", "e", "kid", "alg", "use"}
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")


def test_the_first_key_is_made_once_and_signs_at_once(rounds: Rounds) -> None:
    for _ in range(2):
        with rounds.work() as unit:
            ensure_key(unit.session, rounds.settings, NOW)
    [key] = published(rounds)
    assert signer(rounds, NOW) == key


def test_without_a_key_nothing_is_signed(rounds: Rounds) -> None:
    with pytest.raises(SigningKeyMissing):
        signed(rounds)


# Rotation ----------------------------------------------------------------------------------------


def test_a_new_key_is_seen_before_it_signs_and_the_old_one_stays_for_what_it_signed(
    keyed: Rounds,
) -> None:
    [old] = published(keyed)
    new = turn(keyed, NOW)
    nearly, then, last = NOW + OVERLAP - MINUTE, NOW + OVERLAP, NOW + 2 * OVERLAP - MINUTE
    seen = {
        moment: (signer(keyed, moment), published(keyed, moment).keys())
        for moment in (NOW, nearly, then, last, last + MINUTE)
    }
    assert seen == {
        NOW: (old, {old, new}),
        nearly: (old, {old, new}),
        then: (new, {old, new}),
        last: (new, {old, new}),
        last + MINUTE: (new, {new}),
    }


def test_what_either_key_signs_is_verified_by_the_key_set_of_that_moment(keyed: Rounds) -> None:
    turn(keyed, NOW)
    for moment in (NOW, NOW + OVERLAP):
        token = signed(keyed, now=moment)
        key = published(keyed, moment)[jwt.get_unverified_header(token)["kid"]]
        assert jwt.decode(token, jwt.PyJWK(key), ["RS256"]) == {"iss": "me"}


def test_a_second_rotation_waits_until_the_new_key_signs(keyed: Rounds) -> None:
    first = turn(keyed, NOW)
    with pytest.raises(KeysRotating, match="from 2026-10-02 12:00 UTC"):
        turn(keyed, NOW + OVERLAP - MINUTE)
    second = turn(keyed, NOW + OVERLAP)
    assert signer(keyed, NOW + OVERLAP) == first
    assert len(published(keyed, NOW + OVERLAP)) == 3
    assert published(keyed, NOW + 2 * OVERLAP).keys() == {first, second}
    assert published(keyed, NOW + 3 * OVERLAP).keys() == {second}


def test_after_a_theft_the_old_keys_are_gone_at_once(keyed: Rounds) -> None:
    turn(keyed, NOW)
    new = turn(keyed, NOW + MINUTE, at_once=True)
    assert published(keyed, NOW + MINUTE).keys() == {new}
    assert signer(keyed, NOW + MINUTE) == new


@pytest.mark.parametrize("at_once", [True, False])
def test_the_private_half_of_a_retired_key_is_forgotten_and_its_id_is_not(
    keyed: Rounds, at_once: bool
) -> None:
    [old] = published(keyed)
    turn(keyed, NOW, at_once=at_once)
    if not at_once:
        with keyed.work() as unit:
            ensure_key(unit.session, keyed.settings, NOW + 2 * OVERLAP)
    with keyed.reading() as unit:
        assert unit.session.get_one(SigningKey, old).private == b""


def test_two_rotations_at_the_same_time_are_one(keyed: Rounds) -> None:
    def rotating() -> None:
        with suppress(KeysRotating), keyed.work() as unit:
            rotate(unit.session, keyed.settings, NOW, at_once=False)

    threads = [threading.Thread(target=rotating) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(published(keyed)) == 2


def test_an_operator_sees_which_key_signs_and_until_when_each_is_published(keyed: Rounds) -> None:
    new = turn(keyed, NOW)
    with keyed.reading() as unit:
        shown = published_keys(unit.session, keyed.settings, NOW)
    told: list[Any] = [(one.kid == new, one.signs, one.published_until) for one in shown]
    assert told == [(True, False, None), (False, True, NOW + 2 * OVERLAP)]
    assert shown[0].signs_from == NOW + OVERLAP


# At rest -----------------------------------------------------------------------------------------


def test_the_private_half_is_sealed_under_the_secret(keyed: Rounds) -> None:
    with keyed.reading() as unit:
        stored = unit.session.scalars(select(SigningKey)).one().private
    assert b"PRIVATE KEY" not in stored
    with pytest.raises(SecretKeyWrong):
        unseal(replace(keyed.settings, secret_key=OTHER_SECRET), stored)
    with pytest.raises(SecretKeyWrong):
        signed(keyed, replace(keyed.settings, secret_key=OTHER_SECRET))


def test_a_changed_secret_opens_what_the_old_one_sealed_and_seals_it_anew(keyed: Rounds) -> None:
    before = keyed.settings.secret_key
    both = replace(keyed.settings, secret_key=OTHER_SECRET, secret_key_old=before)
    assert signed(keyed, both)
    with keyed.work() as unit:
        ensure_key(unit.session, both, NOW)
    assert signed(keyed, replace(keyed.settings, secret_key=OTHER_SECRET))


def test_sealing_anew_leaves_alone_what_is_well_sealed(settings: Settings) -> None:
    sealed = seal(settings, b"x")
    assert reseal(settings, sealed) == sealed
    assert unseal(settings, sealed) == b"x"


def test_whether_the_keys_can_be_opened_is_found_without_signing(keyed: Rounds) -> None:
    with keyed.reading() as unit:
        check_keys(unit.session, keyed.settings, NOW)
        with pytest.raises(SecretKeyWrong, match="ROUNDS_SECRET_KEY_OLD"):
            check_keys(unit.session, replace(keyed.settings, secret_key=OTHER_SECRET), NOW)
