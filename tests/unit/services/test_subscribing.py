"""Asking an LMS to tell of copied courses: at the first launch that says where, until it does."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.lms import signing
from lti_tool.lms.http import Http
from lti_tool.lms.notices import SCOPE, NoticeService
from lti_tool.lms.tokens import Tokens
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.subscribing import subscribe
from lti_tool.services.unit import Rounds
from tests.platform_stub import PlatformStub, Reply
from tests.stand_in import LTI, StandIn

Jobs = list[tuple[str, str]]
SERVICE = LTI + "platformnotificationservice"
RETURNS = {"return_url": "http://127.0.0.1/course/1"}


@pytest.fixture
def stub(lms: StandIn, rounds: Rounds) -> Iterator[PlatformStub]:
    """The LMS's services; it gives a token for anything."""
    with PlatformStub() as stub:
        token = {"access_token": "t", "expires_in": 3600, "scope": SCOPE}
        with rounds.work() as unit:
            signing.ensure_key(unit.session, rounds.settings, unit.now)
            platform = unit.session.get_one(Platform, lms.platform.id)
            platform.auth_token_url = stub.answers("/token", token)
        yield stub


def launch(lms: StandIn, client: FlaskClient, url: str, *types: str) -> None:
    service = {
        "platform_notification_service_url": url,
        "notice_types_supported": list(types or ["LtiContextCopyNotice"]),
    }
    changes: dict[str, Any] = {SERVICE: service, "launch_presentation": RETURNS}
    assert lms.launch(client, **changes).status_code == 303


def work(rounds: Rounds, jobs: Jobs) -> None:
    """Do what the launches handed to the engine, each name once as the engine does."""
    http = Http(rounds.settings)
    service = NoticeService(http, Tokens(rounds, http))
    for about in sorted({about for kind, about in jobs if kind == "notices"}):
        subscribe(rounds, service, int(about.partition(":")[0]))


def deployment(rounds: Rounds) -> Deployment:
    with rounds.reading() as unit:
        return unit.session.scalars(select(Deployment)).one()


def test_the_first_launch_asks_and_later_ones_do_not(
    lms: StandIn, client: FlaskClient, rounds: Rounds, stub: PlatformStub, jobs: Jobs
) -> None:
    url = stub.answers("/notice-handlers/318", {})
    launch(lms, client, url)
    work(rounds, jobs)
    asked = [one for one in stub.asked if one.method == "PUT"]
    assert [one.document for one in asked] == [
        {
            "notice_type": "LtiContextCopyNotice",
            "handler": f"{rounds.settings.origin}/lti/notices",
        }
    ]
    assert deployment(rounds).notices_at is not None
    jobs.clear()
    launch(lms, client, url)
    assert not any(kind == "notices" for kind, _ in jobs)


def test_an_lms_that_refuses_is_asked_again_by_a_later_launch(
    lms: StandIn, client: FlaskClient, rounds: Rounds, stub: PlatformStub, jobs: Jobs
) -> None:
    url = stub.answers("/notice-handlers/318", Reply(status=422), Reply({}))
    launch(lms, client, url)
    work(rounds, jobs)
    assert deployment(rounds).notices_at is None
    launch(lms, client, url)
    work(rounds, jobs)
    assert deployment(rounds).notices_at is not None


def test_a_service_that_moved_is_asked_anew(
    lms: StandIn, client: FlaskClient, rounds: Rounds, stub: PlatformStub, jobs: Jobs
) -> None:
    launch(lms, client, stub.answers("/notice-handlers/318", {}))
    work(rounds, jobs)
    launch(lms, client, stub.answers("/notice-handlers/319", {}))
    work(rounds, jobs)
    assert [one.path for one in stub.asked if one.method == "PUT"] == [
        "/notice-handlers/318",
        "/notice-handlers/319",
    ]


def test_who_does_not_tell_of_copies_is_not_asked(
    lms: StandIn, client: FlaskClient, rounds: Rounds, stub: PlatformStub, jobs: Jobs
) -> None:
    launch(lms, client, stub.url("/notice-handlers/318"), "LtiHelloWorldNotice")
    launch(lms, client, "https://elsewhere.example/notice-handlers/318")
    assert not any(kind == "notices" for kind, _ in jobs)
    assert deployment(rounds).notices_url is None
