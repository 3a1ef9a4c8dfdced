"""Signing keys: made once, published, sealed, and readable across a change of secret."""

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from lti_tool.domain.errors import SecretKeyWrong, SigningKeyMissing
from lti_tool.lms.sealing import reseal, seal, unseal
from lti_tool.lms.signing import ensure_key, public_jwks, sign
from lti_tool.models.platform import SigningKey
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

OTHER_SECRET = "another-key-for-tests-k8Vd2Qx7Lm4Zs9"


@pytest.fixture
def keyed(rounds: Rounds) -> Rounds:
    with rounds.work() as unit:
        ensure_key(unit.session, rounds.settings, unit.now)
    return rounds


def signed(rounds: Rounds, settings: Settings | None = None) -> str:
    with rounds.reading() as unit:
        return sign(unit.session, settings or rounds.settings, {"iss": "me"})


def test_what_is_signed_is_verified_by_what_is_published(keyed: Rounds) -> None:
    with keyed.reading() as unit:
        keys = public_jwks(unit.session)
    token = signed(keyed)
    [key] = keys["keys"]
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": key["kid"], "typ": "JWT"}
    assert jwt.decode(token, jwt.PyJWKSet.from_dict(keys).keys[0], ["RS256"]) == {"iss": "me"}


def test_only_the_public_half_is_published(keyed: Rounds) -> None:
    with keyed.reading() as unit:
        [key] = public_jwks(unit.session)["keys"]
    assert key.keys() == {"kty", "n", "e", "kid", "alg", "use"}
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")


def test_the_first_key_is_made_once(keyed: Rounds) -> None:
    with keyed.work() as unit:
        before = public_jwks(unit.session)
        ensure_key(unit.session, keyed.settings, unit.now)
        assert public_jwks(unit.session) == before


def test_without_a_key_nothing_is_signed(rounds: Rounds) -> None:
    with pytest.raises(SigningKeyMissing):
        signed(rounds)


def test_the_newest_key_signs_and_a_retired_one_is_gone(keyed: Rounds) -> None:
    with keyed.work() as unit:
        old = unit.session.scalars(select(SigningKey)).one()
        old.retired_at = unit.now
        unit.session.flush()
        ensure_key(unit.session, keyed.settings, unit.now + timedelta(seconds=1))
        [key] = public_jwks(unit.session)["keys"]
        assert key["kid"] != old.kid
        old.retired_at = None
        unit.session.flush()
        assert len(public_jwks(unit.session)["keys"]) == 2
    assert jwt.get_unverified_header(signed(keyed))["kid"] == key["kid"]


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
        ensure_key(unit.session, both, unit.now)
    assert signed(keyed, replace(keyed.settings, secret_key=OTHER_SECRET))


def test_sealing_anew_leaves_alone_what_is_well_sealed(settings: Settings) -> None:
    sealed = seal(settings, b"x")
    assert reseal(settings, sealed) == sealed
    assert unseal(settings, sealed) == b"x"
