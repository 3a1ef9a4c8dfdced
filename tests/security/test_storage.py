"""Browsers without cookies: proven by what the LMS's storage gives back, or not at all."""

import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from lti_tool.models.launch import LaunchSession, LoginAttempt
from lti_tool.services.unit import Rounds
from tests.stand_in import FRAMED, ISSUER, MEMBERSHIP, TOP_LEVEL, StandIn, code_of
from tests.visitor import fields_of

TARGET = "post_message_forwarding"
LEARNER = {"sub": "someone-else", "name": "Amara Okafor", "roles": [MEMBERSHIP + "Learner"]}


@dataclass
class Kept:
    """What a login gave the browser to keep, as its page says it."""

    asked: dict[str, str]
    proof: str
    key: str
    page: str


@pytest.fixture
def bare(app: Flask) -> FlaskClient:
    """A browser that takes no cookie."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def own(rounds: Rounds) -> dict[str, str]:
    """What a browser says of a form that our own page sends."""
    return {"Origin": rounds.settings.origin}


def told(page: str) -> dict[str, str]:
    """The data attributes of a page."""
    return {name: unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', page)}


def framed(lms: StandIn, bare: FlaskClient, target: str = TARGET) -> TestResponse:
    """A login in a frame, looked at in vain for cookies."""
    form = lms.login_form(lti_storage_target=target)
    look = bare.post("/lti/login", data=form, headers=FRAMED)
    return bare.post(look.location, data=form, headers=FRAMED)


def keep(lms: StandIn, bare: FlaskClient) -> Kept:
    answer = framed(lms, bare)
    assert answer.status_code == 200
    data = told(answer.text)
    asked = dict(parse_qsl(urlsplit(data["onward"]).query, keep_blank_values=True))
    return Kept(asked, data["proof"], data["key"], answer.text)


def prove(
    lms: StandIn, bare: FlaskClient, kept: Kept, own: dict[str, str], **claims: Any
) -> TestResponse:
    """Launch as our pages do once the LMS gave the proof back."""
    token = lms.sign(lms.claims(kept.asked, **claims))
    page = lms.post(bare, kept.asked, token)
    assert page.status_code == 200, code_of(page)
    form = fields_of(page.text) | {"proof": kept.proof}
    return bare.post("/lti/launch", data=form, headers=own)


def sessions(rounds: Rounds) -> int:
    with rounds.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(LaunchSession)) or 0


# -- The login -------------------------------------------------------------------------------------


def test_the_login_has_the_frame_of_the_lms_keep_a_proof_and_goes_on(
    lms: StandIn, bare: FlaskClient, rounds: Rounds
) -> None:
    kept = keep(lms, bare)
    data = told(kept.page)
    assert data["lms"] == f"{ISSUER}/auth?tenant=1", "its origin is whom the script speaks to"
    assert data["target"] == TARGET
    assert data["onward"].startswith(f"{ISSUER}/auth?tenant=1&")
    assert data["wait"] == str(int(rounds.settings.storage_seconds * 1000))
    assert "<noscript><h1>Open Rounds in its own window</h1>" in kept.page
    assert "<form" not in kept.page
    with rounds.reading() as unit:
        (row,) = unit.session.scalars(select(LoginAttempt)).all()
    assert row.proof_hash is not None
    assert kept.proof not in (row.proof_hash, row.state_hash)


def test_launches_side_by_side_keep_their_proofs_apart(lms: StandIn, bare: FlaskClient) -> None:
    one, two = keep(lms, bare), keep(lms, bare)
    assert one.key != two.key
    assert one.proof != two.proof
    assert one.asked["state"] not in one.key, "the LMS sees the key"


def test_the_offered_window_begins_the_login_again(
    lms: StandIn, bare: FlaskClient, client: FlaskClient
) -> None:
    kept = keep(lms, bare)
    address = kept.page.partition('class="btn go" href="')[2].partition('"')[0]
    begun = client.get(address, headers=TOP_LEVEL)
    asked = dict(parse_qsl(urlsplit(begun.location).query))
    assert asked["state"] != kept.asked["state"]
    opened = lms.post(client, asked, lms.sign(lms.claims(asked)))
    assert opened.status_code == 303
    assert re.fullmatch(r"/s/[0-9a-f]{32}/", opened.location)


@pytest.mark.parametrize("target", ["", "a b", "x" * 65, '"><script>', "../", "é", "x\x00", "a\n"])
def test_an_odd_target_is_none(target: str, lms: StandIn, bare: FlaskClient) -> None:
    page = framed(lms, bare, target)
    assert page.status_code == 200
    assert "data-proof" not in page.text
    assert "Open Rounds in its own window" in page.text


def test_where_cookies_come_back_storage_is_not_asked(lms: StandIn, client: FlaskClient) -> None:
    assert framed(lms, client).status_code == 302


# -- The launch ------------------------------------------------------------------------------------


def test_the_proof_opens_a_session_whose_secret_stands_in_the_address(
    lms: StandIn, bare: FlaskClient, own: dict[str, str]
) -> None:
    opened = prove(lms, bare, keep(lms, bare), own)
    assert opened.status_code == 303
    assert re.fullmatch(r"/s/[0-9a-f]{32}\.[\w-]{43}/", opened.location)
    assert "Set-Cookie" not in opened.headers
    page = bare.get(opened.location, follow_redirects=True)
    assert "Helen Brandt" in page.text
    assert ISSUER in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_the_page_that_asks_uses_nothing_up_and_holds_what_it_needs(
    lms: StandIn, bare: FlaskClient, own: dict[str, str], rounds: Rounds
) -> None:
    kept = keep(lms, bare)
    token = lms.sign(lms.claims(kept.asked))
    pages = [lms.post(bare, kept.asked, token) for _ in range(3)]
    assert {page.status_code for page in pages} == {200}
    for name in ("target", "lms", "key", "wait"):
        assert told(pages[0].text)[name] == told(kept.page)[name]
    assert kept.proof not in pages[0].text
    assert fields_of(pages[0].text) == {
        "id_token": token,
        "state": kept.asked["state"],
        "proof": "",
    }
    assert sessions(rounds) == 0
    assert prove(lms, bare, kept, own).status_code == 303


def test_a_proven_launch_is_good_once(
    lms: StandIn, bare: FlaskClient, own: dict[str, str], rounds: Rounds
) -> None:
    kept = keep(lms, bare)
    form = {"id_token": lms.sign(lms.claims(kept.asked)), "state": kept.asked["state"]}
    first = bare.post("/lti/launch", data=form | {"proof": kept.proof}, headers=own)
    again = bare.post("/lti/launch", data=form | {"proof": kept.proof}, headers=own)
    posted = bare.post("/lti/launch", data=form)
    assert first.status_code == 303
    assert [(a.status_code, code_of(a)) for a in (again, posted)] == [(409, "launch-used")] * 2
    assert sessions(rounds) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": ISSUER}, {"Origin": "https://evil.example"}],
    ids=str,
)
def test_a_proof_from_a_strangers_page_is_refused_and_uses_nothing_up(
    headers: dict[str, str], lms: StandIn, bare: FlaskClient, own: dict[str, str]
) -> None:
    """An attacker knows the proof of a login of his own, and would have others launch with it."""
    kept = keep(lms, bare)
    form = {"id_token": lms.sign(lms.claims(kept.asked)), "state": kept.asked["state"]}
    answer = bare.post("/lti/launch", data=form | {"proof": kept.proof}, headers=headers)
    assert (answer.status_code, code_of(answer)) == (403, "browser-unproven")
    assert prove(lms, bare, kept, own).status_code == 303


@pytest.mark.parametrize("proof", ["", "wrong", "of another login"])
def test_a_wrong_proof_is_refused_and_uses_nothing_up(
    proof: str, lms: StandIn, bare: FlaskClient, own: dict[str, str]
) -> None:
    kept, other = keep(lms, bare), keep(lms, bare)
    given = other.proof if proof == "of another login" else proof
    form = {"id_token": lms.sign(lms.claims(kept.asked)), "state": kept.asked["state"]}
    answer = bare.post("/lti/launch", data=form | {"proof": given}, headers=own)
    assert (answer.status_code, code_of(answer)) == (403, "browser-unproven")
    assert prove(lms, bare, kept, own).status_code == 303


@pytest.mark.parametrize("proof", ["x" * 101, "é", "a b", "x\x00"], ids=["long", "é", "gap", "NUL"])
def test_a_proof_of_an_odd_shape_is_malformed(
    proof: str, lms: StandIn, bare: FlaskClient, own: dict[str, str]
) -> None:
    kept = keep(lms, bare)
    form = {"id_token": lms.sign(lms.claims(kept.asked)), "state": kept.asked["state"]}
    answer = bare.post("/lti/launch", data=form | {"proof": proof}, headers=own)
    assert (answer.status_code, code_of(answer)) == (400, "launch-malformed")


def test_a_login_proven_by_a_cookie_takes_no_proof_and_the_other_no_cookie(
    lms: StandIn, bare: FlaskClient, client: FlaskClient, own: dict[str, str]
) -> None:
    from lti_tool.web.lti import _state_cookie

    asked = lms.login(client)
    form = {"id_token": lms.sign(lms.claims(asked)), "state": asked["state"]}
    for proof in ("", "x" * 22):
        answer = client.post("/lti/launch", data=form | {"proof": proof}, headers=own)
        assert code_of(answer) == "browser-unproven"
    kept = keep(lms, bare)
    state = kept.asked["state"]
    client.set_cookie(_state_cookie(state), state, path="/lti/launch")
    answer = lms.post(client, kept.asked, lms.sign(lms.claims(kept.asked)))
    assert (answer.status_code, code_of(answer)) == (403, "browser-unproven")


@pytest.mark.parametrize("change", ["target", "none"])
def test_the_target_cannot_be_swapped_in_the_state(
    change: str, lms: StandIn, bare: FlaskClient
) -> None:
    kept = keep(lms, bare)
    word, _, target = kept.asked["state"].partition(".")
    assert target == TARGET
    state = f"{word}.evil" if change == "target" else word
    answer = lms.post(bare, {"state": state}, lms.sign(lms.claims(kept.asked)))
    assert (answer.status_code, code_of(answer)) == (403, "browser-unproven")


def test_the_token_is_checked_as_ever(
    lms: StandIn, bare: FlaskClient, own: dict[str, str], rounds: Rounds
) -> None:
    one, two = keep(lms, bare), keep(lms, bare)
    swapped = prove(lms, bare, one, own, nonce=two.asked["nonce"])
    assert (swapped.status_code, code_of(swapped)) == (403, "nonce-wrong")
    assert sessions(rounds) == 0


def test_a_login_too_old_is_said_to_be_so(lms: StandIn, bare: FlaskClient, rounds: Rounds) -> None:
    kept = keep(lms, bare)
    with rounds.work() as unit:
        unit.session.execute(
            update(LoginAttempt).values(expires_at=unit.now - timedelta(seconds=1))
        )
    answer = lms.post(bare, kept.asked, lms.sign(lms.claims(kept.asked)))
    assert (answer.status_code, code_of(answer)) == (400, "login-expired")


def test_the_log_tells_of_it_without_its_secrets(
    lms: StandIn, bare: FlaskClient, own: dict[str, str]
) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        kept = keep(lms, bare)
        opened = prove(lms, bare, kept, own)
        secret = opened.location.strip("/").partition(".")[2]
        bare.get(f"{opened.location}no-such-page")
        bare.get(opened.location.replace(secret, secret[::-1]))
    told_of = [(line["event"], line["outcome"]) for line in lines]
    assert told_of[:3] == [("login", "accepted"), ("storage", "accepted"), ("launch", "accepted")]
    assert len(told_of) == 5
    for word in (secret, secret[::-1], kept.proof, kept.asked["state"], "eyJ"):
        assert word not in str(lines)


# -- The session in the address --------------------------------------------------------------------


@pytest.fixture
def address(lms: StandIn, bare: FlaskClient, own: dict[str, str]) -> str:
    """Where the pages of a launch begin that storage proved."""
    return str(prove(lms, bare, keep(lms, bare), own).location)


def test_every_link_and_form_of_its_pages_keeps_the_secret(bare: FlaskClient, address: str) -> None:
    first = bare.get(address, headers={"Sec-Fetch-Site": "same-origin"})
    while first.status_code in (302, 303):
        assert first.location.startswith(address)
        first = bare.get(first.location)
    led = re.findall(r'(?:href|action|hx-\w+|data-stay)="(/s/[^"]*)"', first.text)
    assert led
    assert all(target.startswith(address) for target in led)


def test_its_forms_are_defended_as_ever(bare: FlaskClient, address: str) -> None:
    page = bare.get(address, follow_redirects=True)
    token = {"X-CSRF-Token": told(page.text)["csrf"]}
    assert bare.post(address + "stay", headers=token).status_code == 204
    assert bare.post(address + "stay").status_code == 403
    foreign = bare.post(address + "stay", headers=token | {"Origin": "https://evil.example"})
    assert foreign.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_an_address_that_was_copied_opens_nothing(
    site: str, bare: FlaskClient, address: str
) -> None:
    """Else a link to a session of the sender's would have its reader act in their name."""
    answer = bare.get(address, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, code_of(answer)) == (403, "session-missing")
    assert "Helen" not in answer.text
    assert address.strip("/").partition(".")[2] not in answer.text


def test_a_cookie_opens_no_session_in_an_address_and_the_other_way_round(
    lms: StandIn, bare: FlaskClient, client: FlaskClient, address: str
) -> None:
    launch, _, secret = address.removeprefix("/s/").strip("/").partition(".")
    client.set_cookie("rounds", secret, path=f"/s/{launch}/")
    by_cookie = client.get(f"/s/{launch}/")
    other = str(lms.launch(client).location)
    (held,) = [c.value for c in client._cookies.values() if c.path == other]
    by_address = bare.get(f"{other.rstrip('/')}.{held}/")
    wrong = bare.get(f"/s/{launch}.{held}/")
    for answer in (by_cookie, by_address, wrong):
        assert (answer.status_code, code_of(answer)) == (403, "session-missing")
    assert client.get(other, follow_redirects=True).status_code == 200


def test_a_cookie_beside_the_secret_is_not_looked_at(
    client: FlaskClient, bare: FlaskClient, address: str
) -> None:
    client.set_cookie("rounds", "of another", path="/")
    assert "Helen Brandt" in client.get(address, follow_redirects=True).text


@pytest.mark.parametrize(
    "odd", [".", ".x", "..", "." + "x" * 44, "." + "é" * 43], ids=["none", "x", "dots", "long", "é"]
)
def test_a_secret_of_an_odd_shape_opens_nothing(odd: str, bare: FlaskClient, address: str) -> None:
    launch = address.removeprefix("/s/").partition(".")[0]
    answer = bare.get(f"/s/{launch}{odd}/")
    assert (answer.status_code, code_of(answer)) == (403, "session-missing")


def test_two_launches_never_act_as_each_other(
    lms: StandIn, bare: FlaskClient, own: dict[str, str], address: str
) -> None:
    learner = str(prove(lms, bare, keep(lms, bare), own, **LEARNER).location)
    for _ in range(2):
        assert "Helen Brandt" in bare.get(address, follow_redirects=True).text
        assert "Amara Okafor" in bare.get(learner, follow_redirects=True).text


def test_the_end_of_a_session_is_told_in_its_frame(
    bare: FlaskClient, rounds: Rounds, address: str
) -> None:
    with rounds.work() as unit:
        unit.session.execute(update(LaunchSession).values(seen_at=unit.now - timedelta(days=1)))
    answer = bare.get(address)
    assert (answer.status_code, code_of(answer)) == (403, "session-over")
    assert ISSUER in answer.headers["Content-Security-Policy"]
