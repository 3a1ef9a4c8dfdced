"""A stub of a platform, and the parts that talk to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from lti_tool.lms.http import Http
from lti_tool.lms.signing import ensure_key
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Platform, SigningKey
from lti_tool.services.unit import Rounds, Unit
from tests.platform_stub import PlatformStub, Reply

GRANTED = {"access_token": "t-1", "token_type": "Bearer", "expires_in": 3600}


@pytest.fixture
def stub() -> Iterator[PlatformStub]:
    with PlatformStub() as server:
        server.answers("/token", Reply(GRANTED))
        yield server


def register(rounds: Rounds, stub: PlatformStub, client_id: str, product: str) -> Platform:
    """A registration whose token endpoint is the stub's."""
    with rounds.work() as unit:
        platform = Platform(
            issuer="https://lms.example.org",
            client_id=client_id,
            name="A school",
            product=product,
            auth_login_url=stub.url("/login"),
            auth_token_url=stub.url("/token"),
            jwks_url=stub.url("/keys"),
            created_at=unit.now,
        )
        unit.session.add(platform)
        _give_key(unit)
    return platform


_KEY: dict[str, Any] = {}


def _give_key(unit: Unit) -> None:
    """Making a key takes longer than most tests: the first test's key serves the others too."""
    if _KEY and unit.session.scalars(select(SigningKey)).first() is None:
        unit.session.add(SigningKey(**_KEY))
    ensure_key(unit.session, unit.rounds.settings, unit.now)
    [row] = unit.session.scalars(select(SigningKey))
    _KEY.update({column.key: getattr(row, column.key) for column in SigningKey.__table__.columns})


@pytest.fixture
def platform(rounds: Rounds, stub: PlatformStub) -> Platform:
    return register(rounds, stub, "client-1", "other")


@pytest.fixture
def http(rounds: Rounds) -> Http:
    return Http(rounds.settings)


@pytest.fixture
def tokens(rounds: Rounds, http: Http) -> Tokens:
    return Tokens(rounds, http)
