"""One-time codes: hashed, used once, in time, and given back by a registration that failed."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from lti_tool.domain.errors import (
    InvitationOver,
    InvitationUnknown,
    InvitationUsed,
    RegistrationRefused,
    RoundsError,
    TooMany,
)
from lti_tool.models.audit import AuditEntry
from lti_tool.models.platform import Deployment, Invitation, Platform
from lti_tool.services.registering import Addresses, Outcome, Request, register
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.platform_stub import Reply
from tests.registering_lms import SCOPES, RegisteringLms, invite, registering_lms

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOOL = Addresses("https://a.example", *(f"https://a.example/{n}" for n in ("1", "2", "3", "4")))


@pytest.fixture
def lms() -> Iterator[RegisteringLms]:
    with registering_lms() as standing:
        yield standing


def redeem(rounds: Rounds, code: str, lms: RegisteringLms, caller: str = "192.0.2.1") -> Outcome:
    return register(rounds, code, Request(lms.address, "token"), TOOL, caller=caller)


def platforms(rounds: Rounds) -> list[Platform]:
    with rounds.reading() as unit:
        return list(unit.session.scalars(select(Platform)))


# -- The code --------------------------------------------------------------------------------------


def test_a_code_is_long_and_only_its_hash_is_kept(rounds: Rounds) -> None:
    codes = {invite(rounds) for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) >= 32 for code in codes), "192 bits in base64"
    with rounds.reading() as unit:
        rows = unit.session.scalars(select(Invitation)).all()
        assert not any(code in repr(vars(row)) for row in rows for code in codes)
        assert {len(row.code_hash) for row in rows} == {64}


def test_a_code_ends_after_the_hours_that_are_set(rounds: Rounds) -> None:
    fixed = replace(rounds, clock=lambda: NOON)
    with fixed.work() as unit:
        issued = unit.invitations.issue()
    assert issued.expires_at == NOON + timedelta(hours=48)
    assert issued.code not in repr(issued)


@pytest.mark.parametrize(("hours", "good"), [(47.9, True), (48, False), (500, False)])
def test_a_code_is_taken_in_its_time_only(hours: float, good: bool, rounds: Rounds) -> None:
    fixed = replace(rounds, clock=lambda: NOON)
    code = invite(fixed)
    then = replace(rounds, clock=lambda: NOON + timedelta(hours=hours))
    with then.work() as unit:
        if good:
            unit.invitations.claim(code)
        else:
            with pytest.raises(InvitationOver):
                unit.invitations.claim(code)


# -- The registration ------------------------------------------------------------------------------


def test_a_code_leads_to_a_platform_with_deployment_and_granted_scopes(
    rounds: Rounds, lms: RegisteringLms
) -> None:
    lms.grants(deployment_id="d-1")
    outcome = redeem(rounds, invite(rounds), lms)
    (platform,) = platforms(rounds)
    assert (platform.issuer, platform.client_id) == (lms.stub.url(""), "rounds-at-lms")
    assert platform.scopes == SCOPES
    assert outcome.platform.deployment_ids == ("d-1",)
    assert outcome.lacking == ()
    with rounds.reading() as unit:
        invitation = unit.session.scalars(select(Invitation)).one()
        assert invitation.platform_id == platform.id
        audit = unit.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert audit == ["invitation-issued", "platform-registered"]


def test_a_used_code_leads_nowhere(rounds: Rounds, lms: RegisteringLms) -> None:
    code = invite(rounds)
    redeem(rounds, code, lms)
    before = len(lms.stub.asked)
    with pytest.raises(InvitationUsed):
        redeem(rounds, code, lms)
    assert len(lms.stub.asked) == before, "and nobody is called"


def test_a_code_nobody_gave_out_calls_nobody(rounds: Rounds, lms: RegisteringLms) -> None:
    with pytest.raises(InvitationUnknown):
        redeem(rounds, "x" * 32, lms)
    assert not lms.stub.asked


@pytest.mark.parametrize("fault", ["configuration", "answer", "shape"])
def test_a_registration_that_fails_leaves_the_code_good_and_nothing_behind(
    fault: str, rounds: Rounds, lms: RegisteringLms
) -> None:
    code = invite(rounds)
    if fault == "configuration":
        lms.tells(Reply(status=500))
    elif fault == "answer":
        lms.grants(Reply(status=401))
    else:
        lms.tells(issuer="http://127.0.0.1 /")
    with pytest.raises(RoundsError):
        redeem(rounds, code, lms)
    assert not platforms(rounds)
    lms.tells()
    lms.grants()
    redeem(rounds, code, lms)
    assert len(platforms(rounds)) == 1


def test_a_fault_of_our_own_gives_the_code_back_too(rounds: Rounds, lms: RegisteringLms) -> None:
    """The platform's table is away for a moment, after the LMS has registered us."""
    code = invite(rounds)
    with rounds.work() as unit:
        unit.session.execute(text("ALTER TABLE platform RENAME TO elsewhere"))
    with pytest.raises(DBAPIError):
        redeem(rounds, code, lms)
    with rounds.work() as unit:
        unit.session.execute(text("ALTER TABLE elsewhere RENAME TO platform"))
    redeem(rounds, code, lms)
    assert len(platforms(rounds)) == 1


def test_the_same_registration_again_updates_it(rounds: Rounds, lms: RegisteringLms) -> None:
    lms.grants(deployment_id="d-1")
    redeem(rounds, invite(rounds), lms)
    lms.tells(token_endpoint=lms.stub.url("/token-2"))
    lms.grants(deployment_id="d-2", scope=SCOPES[0])
    redeem(rounds, invite(rounds), lms)
    (platform,) = platforms(rounds)
    assert platform.auth_token_url == lms.stub.url("/token-2")
    assert platform.scopes == [SCOPES[0]]
    with rounds.reading() as unit:
        found = unit.session.scalars(select(Deployment.deployment_id).order_by(Deployment.id))
        assert found.all() == ["d-1", "d-2"], "deployments are only ever added"
        last = unit.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert last.action == "platform-updated"


def test_adding_a_platform_by_hand_keeps_what_it_was_granted(
    rounds: Rounds, lms: RegisteringLms
) -> None:
    redeem(rounds, invite(rounds), lms)
    (platform,) = platforms(rounds)
    fields = ("issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")
    with rounds.work() as unit:
        unit.registrations.add({name: getattr(platform, name) for name in fields})
    assert platforms(rounds)[0].scopes == SCOPES


def test_two_that_redeem_at_once_end_in_one_registration(
    rounds: Rounds, lms: RegisteringLms
) -> None:
    code, outcomes = invite(rounds), list[object]()
    start = threading.Barrier(4)

    def go() -> None:
        start.wait()
        try:
            outcomes.append(redeem(rounds, code, lms))
        except RoundsError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        *["InvitationUsed"] * 3,
        "Outcome",
    ]
    assert len(platforms(rounds)) == 1
    assert lms.asked, "the LMS was asked once"


def test_no_transaction_is_open_while_the_lms_is_asked(rounds: Rounds, lms: RegisteringLms) -> None:
    """SQLite has one writer: while the LMS is asked, somebody else can write."""

    def write_meanwhile(handler: object) -> None:
        invite(rounds)
        with rounds.reading() as unit:
            seen.append(unit.session.scalar(select(func.count()).select_from(Invitation)))

    seen: list[int | None] = []
    code = invite(rounds)
    lms.grants(Reply(raw=write_meanwhile))
    with pytest.raises(RoundsError):
        redeem(rounds, code, lms)
    assert seen == [2]


# -- Limits ----------------------------------------------------------------------------------------


@pytest.fixture
def strict(rounds: Rounds, environment: dict[str, str]) -> Rounds:
    return replace(rounds, settings=load_settings(environment | {"ROUNDS_FAILED_TRIES": "3"}))


def test_wrong_codes_are_counted_and_keep_no_good_one_out(
    strict: Rounds, lms: RegisteringLms
) -> None:
    for _ in range(3):
        with pytest.raises(InvitationUnknown):
            redeem(strict, "x" * 32, lms)
    with pytest.raises(TooMany):
        redeem(strict, "x" * 32, lms)
    redeem(strict, invite(strict), lms)


def test_failures_with_a_good_code_are_counted_for_that_code(
    strict: Rounds, lms: RegisteringLms
) -> None:
    code = invite(strict)
    lms.grants(Reply(status=400))
    for _ in range(3):
        with pytest.raises(RegistrationRefused):
            redeem(strict, code, lms)
    lms.grants()
    with pytest.raises(TooMany):
        redeem(strict, code, lms)
    redeem(strict, invite(strict), lms)


def test_what_succeeds_is_not_counted(strict: Rounds, lms: RegisteringLms) -> None:
    for _ in range(5):
        redeem(strict, invite(strict), lms)
