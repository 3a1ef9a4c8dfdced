"""Transcripts: all that counts of an intern, of every course, asked for by themselves alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from openbadgeslib.ob3 import OB3Verifier, OpenBadgeCredential
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from lti_tool.credentials.proving import prove
from lti_tool.credentials.published_keys import PublishedKeys
from lti_tool.domain.certificate import Kind, in_groups
from lti_tool.domain.errors import (
    CertificateChanged,
    CertificateNotReady,
    CertificatesOff,
    FactsFaulty,
    NotAllowed,
    TooMany,
    UnknownThing,
)
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Verdict
from lti_tool.domain.transcript import Transcript
from lti_tool.models.audit import AuditEntry
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.person import Membership
from lti_tool.models.platform import Platform
from lti_tool.pdf import load_transcript
from lti_tool.services.activities import Choice
from lti_tool.services.limits import TRANSCRIPTS
from lti_tool.services.rendering import render
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import EASY, ROLES, Ward
from tests.owing import Clock
from tests.unit.pdf.reading import text_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    """A course where Amara has met the standard in teamwork, and Jonas was seen once."""
    ward = factories.ward(replace(rounds, clock=clock), weights={"teamwork": 100})
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    ward.score(ward.ruth, ward.amara, "teamwork", 4, on=date(2026, 9, 21))
    ward.score(ward.helen, ward.jonas, "teamwork", 2)
    return ward


@pytest.fixture
def other(place: Ward) -> Ward:
    """Another course of the same LMS, with Amara in it, where Pia saw her once in documentation,
    and once in communication, for feedback only; never in teamwork.
    """
    with place.rounds.work() as unit:
        session = unit.session
        platform = session.get_one(Course, place.lead.course).deployment.platform
        course = factories.course(session, session.get_one(Platform, platform.id))
        course.title, course.time_zone = "Internship block 3", "Pacific/Auckland"
        activity = factories.activity(session, course, "Ward skills").id
        lead = factories.member(session, course, "Dr Lars Lie", Role.COURSE_LEAD)
        weights = {"teamwork": 50, "documentation": 50, "patient-communication": 0}
        choice = Choice(weights, EASY, GradeMapping.TABLE, SendWhen.AS_SCORED)
        unit.activities.choose(lead, activity, choice)
        roles = ROLES[Role.INTERN]
        session.add(
            Membership(
                course_id=course.id,
                person_id=place.amara.person,
                launch_roles=roles,
                roster_roles=roles,
                role=Role.INTERN,
            )
        )
        pia = factories.member(session, course, "Pia Paulsen", Role.SUPERVISOR)
    amara = Actor(place.amara.person, course.id, Role.INTERN)
    ward = replace(place, activity=activity, lead=lead, helen=pia, amara=amara)
    ward.score(pia, amara, "documentation", 2, on=date(2026, 10, 5))
    ward.score(pia, amara, "patient-communication", 3, on=date(2026, 10, 6))
    ward.draft(pia, amara, "teamwork")
    return ward


def ask(place: Ward, actor: Actor | None = None) -> Certificate:
    """Ask for a transcript; the one that stands afterwards."""
    who = actor or place.amara
    with place.rounds.work() as unit:
        unit.transcripts.ask(who)
    return newest(place, who)


def newest(place: Ward, actor: Actor) -> Certificate:
    return rows(place, actor)[-1]


def rows(place: Ward, actor: Actor) -> list[Certificate]:
    with place.rounds.reading() as unit:
        query = select(Certificate).order_by(Certificate.id)
        mine = query.where(Certificate.kind == Kind.TRANSCRIPT)
        whole = mine.options(undefer(Certificate.pdf), undefer(Certificate.credential))
        return list(unit.session.scalars(whole.where(Certificate.intern_id == actor.person)))


def said(place: Ward, actor: Actor | None = None) -> Transcript:
    return load_transcript(ask(place, actor).facts)


def print_it(place: Ward, row: Certificate) -> None:
    """Do what the renderer does, without a PDF."""
    with place.rounds.work() as unit:
        change = update(Certificate).where(Certificate.id == row.id)
        unit.session.execute(change.values(pdf=b"%PDF a file", sha256="5e" * 32))


def test_it_tells_of_every_course_what_counts(place: Ward, other: Ward) -> None:
    found = said(place)
    met, thin = found.activities
    assert (met.course, met.activity) == ("Internship block 2", "Clinical competencies")
    assert (met.standing, met.unseen) == (Verdict.MET, ())
    assert (thin.course, thin.activity) == ("Internship block 3", "Ward skills")
    assert (thin.standing, thin.unseen) == (Verdict.NOT_ENOUGH, ("Teamwork",))
    assert (found.occasions, found.supervisors) == (4, 3)
    assert (found.first, found.last) == (date(2026, 9, 14), date(2026, 10, 6))
    told = {(one.title, one.standing, one.mean) for one in found.competencies}
    assert told == {
        ("Teamwork", Verdict.MET, "3.5"),
        ("Documentation", Verdict.NOT_ENOUGH, "2.0"),
        ("Patient communication", None, "3.0"),
    }
    teamwork = met.competencies[0]
    assert (teamwork.occasions, teamwork.supervisors, teamwork.level_name) == (2, 2, "Dependable")
    assert (teamwork.first, teamwork.last) == (date(2026, 9, 14), date(2026, 9, 21))
    assert met.standard.min_assessments == 2
    assert found.issuer == "Northgate School of Medicine"


def test_it_names_the_certificate_that_is_good(place: Ward, other: Ward) -> None:
    with place.rounds.reading() as unit:
        code = unit.session.scalars(select(Certificate.code)).one()
    assert [one.certificate for one in said(place).activities] == [code, ""]


def test_it_tells_of_the_day_where_it_was_asked_for(place: Ward, other: Ward, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=18)
    first = said(place)
    clock.now += timedelta(minutes=2)
    print_it(place, newest(place, place.amara))
    second = said(other)
    assert second.issued_on - first.issued_on == timedelta(days=1), "it is morning in Auckland"
    assert second.activities == first.activities


def test_nobody_asks_for_another(place: Ward, other: Ward) -> None:
    ask(place)
    for who in (place.lead, place.helen, place.observer, other.lead, other.helen):
        for do in ("of", "has_something", "file_for", "ask"):
            with place.rounds.work() as unit, pytest.raises(NotAllowed):
                getattr(unit.transcripts, do)(who)
    assert [one.title for one in said(place, place.jonas).competencies] == ["Teamwork"]
    with place.rounds.reading() as unit:
        seen = unit.transcripts.of(place.jonas)
        assert seen
        assert seen.code == in_groups(newest(place, place.jonas).code)
        with pytest.raises(CertificateNotReady):
            unit.transcripts.file_for(place.jonas)


def test_whom_nobody_assessed_there_is_nothing_to_tell_of(place: Ward) -> None:
    with place.rounds.work() as unit:
        course = unit.session.get_one(Course, place.lead.course)
        new = factories.member(unit.session, course, "Nora New", Role.INTERN)
        pretend = factories.member(
            unit.session, course, "Test Student", Role.INTERN, test_user=True
        )
    place.score(place.helen, pretend, "teamwork", 3)
    for who in (new, pretend):
        with place.rounds.work() as unit:
            assert not unit.transcripts.has_something(who)
            with pytest.raises(UnknownThing):
                unit.transcripts.ask(who)


def test_one_in_the_making_is_the_answer(place: Ward, clock: Clock) -> None:
    first = ask(place)
    clock.now += timedelta(hours=1)
    assert ask(place).id == first.id
    print_it(place, first)
    assert ask(place).id != first.id


def test_asked_for_twice_in_one_moment_it_is_one(place: Ward) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: ask(place).id, range(8)))
    assert asked == [newest(place, place.amara).id] * 8
    assert len(rows(place, place.amara)) == 1


def test_asked_again_at_once_it_is_the_same(place: Ward, clock: Clock) -> None:
    first = ask(place)
    print_it(place, first)
    clock.now += timedelta(seconds=59)
    assert ask(place).id == first.id
    clock.now += timedelta(seconds=1)
    ask(place)
    old, new = rows(place, place.amara)
    assert (old.state, old.reason, new.state) == ("superseded", "asked-anew", "valid")


def test_one_that_cannot_be_made_yet_says_so(place: Ward) -> None:
    row = ask(place)
    with place.rounds.work() as unit:
        unit.renderings.take(row.id)
        unit.renderings.failed(row.id, CertificatesOff.code)
    with place.rounds.reading() as unit:
        seen = unit.transcripts.of(place.amara)
        assert seen
        assert (seen.ready, seen.making, seen.late) == (False, True, True)
    assert ask(place).id == row.id


def test_what_cannot_be_made_is_asked_for_anew_at_once(place: Ward) -> None:
    first = ask(place)
    with place.rounds.work() as unit:
        unit.renderings.take(first.id)
        unit.renderings.failed(first.id, FactsFaulty.code)
    with place.rounds.reading() as unit:
        seen = unit.transcripts.of(place.amara)
        assert seen
        assert (seen.ready, seen.making) == (False, False)
    assert ask(place).id != first.id


def withdraw(place: Ward, code: str, actor: Actor | None = None) -> None:
    with place.rounds.work() as unit:
        unit.transcripts.withdraw(actor or place.amara, code)


def test_who_holds_it_withdraws_it_and_may_make_another(place: Ward) -> None:
    row = ask(place)
    print_it(place, row)
    withdraw(place, in_groups(row.code))
    withdraw(place, row.code)  # a second press
    with place.rounds.reading() as unit:
        seen = unit.transcripts.of(place.amara)
        assert seen
        assert (seen.ready, seen.making, seen.withdrawn_on) == (False, False, date(2026, 11, 22))
        with pytest.raises(UnknownThing):
            unit.transcripts.file_for(place.amara)
        told = unit.session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.startswith("transcript-"))
        )
        assert list(told) == ["transcript-issued", "transcript-revoked"]
    ask(place)
    old, new = rows(place, place.amara)
    assert (old.state, old.reason, new.state) == ("revoked", "withdrawn-by-holder", "valid")
    with pytest.raises(CertificateChanged):
        withdraw(place, old.code)
    assert newest(place, place.amara).state == "valid"


def test_who_asks_and_withdraws_all_the_time_has_to_wait(place: Ward, clock: Clock) -> None:
    for _ in range(TRANSCRIPTS):
        withdraw(place, ask(place).code)
    with pytest.raises(TooMany):
        ask(place)
    ask(place, place.jonas)
    clock.move(minutes=10)
    assert ask(place).state == "valid"


def test_one_that_was_withdrawn_in_the_making_is_not_made(place: Ward) -> None:
    row = ask(place)
    with place.rounds.reading() as unit:
        assert row.id in unit.renderings.due(10)
    withdraw(place, row.code)
    with place.rounds.work() as unit:
        assert unit.renderings.take(row.id) is None


def test_nobody_withdraws_anothers(place: Ward, other: Ward) -> None:
    code = ask(place).code
    for who in (place.lead, place.helen, place.observer):
        with pytest.raises(NotAllowed):
            withdraw(place, code, who)
    with pytest.raises(UnknownThing):
        withdraw(place, code, place.jonas)
    assert newest(place, place.amara).state == "valid"
    withdraw(place, code, other.amara)  # the same person, from another course of the LMS
    assert newest(place, place.amara).state == "revoked"


def test_no_later_change_ends_it(place: Ward, clock: Clock) -> None:
    row = ask(place)
    number = place.score(place.helen, place.amara, "teamwork", 2)
    with place.rounds.work() as unit:
        unit.assessments.withdraw(place.lead, number, place.version(number, place.helen), "Wrong.")
    after = newest(place, place.amara)
    assert (after.id, after.state, after.facts) == (row.id, "valid", row.facts)


def test_its_file_and_its_credential_prove_themselves(place: Ward, other: Ward) -> None:
    """The real thing: rendered, signed, read back, and proven with the published keys alone."""
    id = ask(place).id
    render(place.rounds, id)
    row = newest(place, place.amara)
    assert row.pdf
    words = text_of(row.pdf)
    for told in (
        "Amara Okafor was seen in practice on 4 occasions by 3 supervisors",
        "Ward skills, Internship block 3",
        "Not enough evidence",
        "For feedback only",
        "It is not a licence to practise",
        in_groups(row.code),
    ):
        assert told in words
    assert "Paulsen" not in words
    with place.rounds.reading() as unit:
        keys = PublishedKeys(unit.issuer_keys.published())
        assert unit.transcripts.file_for(other.amara).content == row.pdf
    proof = prove(row.pdf, keys, row.issued_at)
    assert {"file-whole", "credential-whole", "same"} <= {one.code for one in proof.proven}
    assert proof.person == "Amara Okafor"
    with place.rounds.reading() as unit:
        given = unit.credentials.of_transcript(other.amara)
    assert given.content.decode() == row.credential
    found = verified(place, row.credential or "")
    assert len(found.results) == 3
    assert "Ward skills, Internship block 3): not enough evidence." in str(claims(row))


def verified(place: Ward, credential: str) -> OpenBadgeCredential:
    """What an independent verifier reads, by the key that the credential names."""
    kid = jwt.get_unverified_header(credential)["kid"].rpartition("/")[2]
    with place.rounds.reading() as unit:
        key = PyJWK(unit.issuers.key(kid)).key
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return OB3Verifier(pubkey_pem=pem).verify(credential)


def claims(row: Certificate) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(row.credential or "", options={"verify_signature": False})
    return read
