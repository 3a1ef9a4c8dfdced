"""Threat 15: an answer by the session of its own request, to who asked, once; no key is enough."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_tool.models.activity import Activity
from lti_tool.services.unit import Rounds
from tests import factories
from tests.choices import DEEP_LINKING, FORM, add, ask, claim, launch_of, returned, token_of
from tests.stand_in import StandIn, code_of, key_server
from tests.visitor import Visitor

B_RETURNS = "https://other.example.org/courses/7/deep_linking_response?data=B"


@pytest.fixture
def other(rounds: Rounds) -> Iterator[StandIn]:
    """A second school, behind the same issuer as many are, with a client id of its own."""
    with key_server() as keys:
        with rounds.work() as unit:
            platform = factories.platform(
                unit.session,
                issuer="https://lms.example.edu",
                client_id="rounds-2",
                jwks_url=keys.url,
            )
        yield StandIn(rounds, keys, platform)


def asked_by(school: StandIn, app: Flask, url: str, data: str, deployment: str) -> Visitor:
    settings = {"deep_link_return_url": url, "data": data}
    return ask(school, app.test_client(), settings, deployment_id=deployment)


def test_an_answer_is_for_who_asked_and_goes_back_there(
    app: Flask, lms: StandIn, other: StandIn
) -> None:
    ours = "https://lms.example.edu/return?sesskey=A"
    a, b = asked_by(lms, app, ours, "A", "1"), asked_by(other, app, B_RETURNS, "B", "2")
    for school, chooser, url, data, deployment in (
        (lms, a, ours, "A", "1"),
        (other, b, B_RETURNS, "B", "2"),
    ):
        page = add(chooser)
        found = returned(page, chooser.client)
        assert found.url == url
        assert found.claims["iss"] == school.platform.client_id
        assert found.claims["aud"] == school.platform.issuer
        assert found.claims[claim("deployment_id")] == deployment
        assert found.claims[DEEP_LINKING + "data"] == data
        host = urlsplit(url).hostname or ""
        policy = page.headers["Content-Security-Policy"]
        assert f"form-action 'self' https://{host};" in policy


@pytest.mark.parametrize(
    "field", ["deep_link_return_url", "return_url", "data", "launch", "deployment_id", "key"]
)
def test_no_field_of_the_form_turns_an_answer_elsewhere(
    field: str, app: Flask, lms: StandIn, rounds: Rounds
) -> None:
    chooser = ask(lms, app.test_client())
    answer = add(chooser, **{field: B_RETURNS})
    assert code_of(answer) == "form-unreadable"
    with rounds.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(Activity)) == 0


def test_one_session_answers_no_request_of_another(
    app: Flask, lms: StandIn, other: StandIn
) -> None:
    a = ask(lms, app.test_client())
    b = asked_by(other, app, B_RETURNS, "B", "2")
    token = token_of(b.get("deep-link"))
    for path in ("deep-link", "deep-link/cancel"):
        address = f"/s/{a.launch}/{path}"
        stranger = b.client.post(address, data={**FORM, "csrf": token})
        assert (stranger.status_code, code_of(stranger)) == (403, "session-missing")
        forged = a.client.post(address, data={**FORM, "csrf": token})
        assert (forged.status_code, code_of(forged)) == (403, "form-forged")
        elsewhere = a.client.post(
            address,
            data={**FORM, "csrf": token_of(a.get("deep-link"))},
            headers={"Origin": "https://evil.example.net"},
        )
        assert (elsewhere.status_code, code_of(elsewhere)) == (403, "form-forged")
    assert add(a).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example.net/x",
        "https://lms.example.edu@evil.example.net/",
        "https://evil.example.net\\@lms.example.edu/",
        "https://",
        "",
        "https://lms.example.edu/\r\nX: y",
        None,
        7,
    ],
)
def test_a_return_address_that_is_none_is_refused_at_the_launch(
    url: object, app: Flask, lms: StandIn
) -> None:
    client = app.test_client()
    settings = {
        "deep_link_return_url": url,
        "accept_types": ["ltiResourceLink"],
    }
    answer = lms.launch(
        client,
        message_type="LtiDeepLinkingRequest",
        resource_link=None,
        **{DEEP_LINKING + "deep_linking_settings": settings},
    )
    assert answer.status_code == 400
    assert code_of(answer) in ("claims-malformed", "claim-missing")


def test_an_address_of_the_lms_is_text_in_our_page(app: Flask, lms: StandIn) -> None:
    url = 'https://lms.example.edu/return?a="><script>alert(1)</script>&b=;form-action *'
    page = add(ask(lms, app.test_client(), {"deep_link_return_url": url}))
    assert "<script>alert" not in page.text
    assert returned(page, app.test_client()).url == url
    assert "form-action 'self' https://lms.example.edu;" in page.headers["Content-Security-Policy"]


def test_a_key_opens_nothing_at_another_school_nor_in_another_course(
    app: Flask, lms: StandIn, other: StandIn, rounds: Rounds
) -> None:
    """Whoever places a link can write any key into it."""
    client = app.test_client()
    item = returned(add(ask(lms, client)), client).items[0]
    lms.launch(client, **launch_of(item, "link-1"))
    elsewhere = {"id": "course-2", "title": "Another course"}
    lms.launch(client, **launch_of(item, "link-2", context=elsewhere))
    history = {**item["custom"], "context_history": "course-1"}
    other.launch(client, **{**launch_of(item, "link-1"), claim("custom"): history})
    with rounds.reading() as unit:
        first, *strangers = unit.session.scalars(select(Activity).order_by(Activity.id))
        assert first.resource_link_id == "link-1"
        assert [row.ready_at for row in strangers] == [None, None]
        assert all(row.competencies == [] for row in strangers)
