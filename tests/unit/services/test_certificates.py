"""Certificates: what they say, who is given the file, how they end, what a stranger learns."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from lti_tool.domain.certificate import HOLDER_KEY_LENGTH, State, in_groups
from lti_tool.domain.errors import (
    CertificateEnded,
    CertificateNotReady,
    NotAllowed,
    TooMany,
    UnknownThing,
)
from lti_tool.domain.issuing import Stage
from lti_tool.domain.people import Actor
from lti_tool.domain.standard import Standard
from lti_tool.models.activity import Activity
from lti_tool.models.audit import AuditEntry
from lti_tool.models.certificate import Certificate, CertificateCopy
from lti_tool.models.course import Course
from lti_tool.models.person import Person
from lti_tool.pdf import load_facts
from lti_tool.services.activities import Choice
from lti_tool.services.recomputing import recompute
from lti_tool.services.unit import Rounds
from lti_tool.services.verification import Verification
from lti_tool.settings import load_settings
from tests.factories import EASY, Ward, ward

ISSUED = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
"""Past midnight in Oslo, where the course is."""
PDF = b"%PDF-1.7 as rendered"
CALLER = "192.0.2.1"


@pytest.fixture
def at(rounds: Rounds) -> Callable[..., Rounds]:
    """The same Rounds, so long after the certificate was issued."""
    return lambda **later: replace(rounds, clock=lambda: ISSUED + timedelta(**later))


@pytest.fixture
def place(at: Callable[..., Rounds]) -> Ward:
    """Amara has met the standard of an activity with one competency."""
    found = ward(at(), product="canvas", weights={"teamwork": 100, "professionalism": 0})
    found.score(found.helen, found.amara, "teamwork", 3)
    found.score(found.ruth, found.amara, "teamwork", 4)
    return found


def rows(place: Ward) -> list[Certificate]:
    with place.rounds.reading() as unit:
        return list(unit.session.scalars(select(Certificate).order_by(Certificate.id)))


def render(place: Ward) -> None:
    with place.rounds.work() as unit:
        unit.session.execute(
            update(Certificate).values(pdf=PDF, sha256="5" * 64, rendered_at=unit.now)
        )


def amend(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 4)
    with place.rounds.work() as unit:
        content = place.content("teamwork", 3)
        unit.assessments.amend(place.helen, number, 2, content, "Took the wrong column.")


def fall_below(place: Ward) -> None:
    for _ in range(2):
        place.score(place.helen, place.amara, "teamwork", 2)


def verify(
    rounds: Rounds, code: str, holder_key: str = "", caller: str = CALLER
) -> Verification | None:
    with rounds.work() as unit:
        return unit.verifications.verify(code, holder_key, caller)


# -- What it says ----------------------------------------------------------------------------------


def test_the_facts_are_those_of_the_result(place: Ward) -> None:
    [row] = rows(place)
    facts = load_facts(row.facts)
    assert (facts.person, facts.issuer, facts.course, facts.activity) == (
        "Amara Okafor", "Northgate School of Medicine", "Internship block 2",
        "Clinical competencies",
    )  # fmt: skip
    assert facts.issued_on == date(2026, 11, 23)
    assert (facts.first, facts.last) == (date(2026, 9, 14), date(2026, 9, 14))
    assert (facts.occasions, facts.supervisors) == (2, 2)
    [teamwork] = facts.competencies
    assert (teamwork.title, teamwork.version, teamwork.occasions) == ("Teamwork", "1.0", 2)
    first = teamwork.criteria[0]
    assert (first.seen, first.mean, first.level_name) == (2, "3.5", "Dependable")
    assert (facts.code, facts.holder_key) == (row.code, row.holder_key)
    assert facts.verify_url == f"{place.rounds.settings.origin}/verify/{in_groups(row.code)}"


def test_it_says_where_it_was_seen_most_often_first(place: Ward) -> None:
    place.score(place.helen, place.jonas, "professionalism", 3, setting="Feedback only")
    for setting in ("Clinic", "Ward\u202e  4", ""):
        place.score(place.helen, place.jonas, "teamwork", 3, setting=setting)
    place.score(place.ruth, place.jonas, "teamwork", 3, setting="ward 4")
    assert rows(place)[0].facts["settings"] == []
    assert rows(place)[-1].facts["settings"] == ["ward 4", "Clinic"]


def test_what_is_not_known_is_left_out(place: Ward) -> None:
    """Feedback-only competencies, bars that are not there, titles an LMS did not send."""
    with place.rounds.work() as unit:
        found = unit.session.get_one(Activity, place.activity)
        found.title, found.course.title, found.course.label = " ", "", "\u202eINT2\n"
        found.course.school = ""
        unit.session.get_one(Person, place.amara.person).name = "Amara\r\nOkafor, MD\u202e"
    lenient = Standard(2, 2, 1, 3, floor=1, flags=False)
    change_rules(place, lenient, "professionalism")
    place.score(place.helen, place.amara, "professionalism", 3)
    place.score(place.ruth, place.amara, "professionalism", 3)
    facts = load_facts(rows(place)[-1].facts)
    assert [one.title for one in facts.competencies] == ["Professionalism and engagement"]
    assert (facts.activity, facts.course, facts.issuer) == (
        "INT2", "INT2", "Northgate School of Medicine",
    )  # fmt: skip
    assert facts.person == "Amara Okafor, MD"
    assert (facts.standard.floor, facts.standard.max_share) == (None, None)
    assert facts.standard.exceptions == ()


def change_rules(place: Ward, standard: Standard, id: str) -> None:
    weights = {"teamwork": 0, "professionalism": 0} | {id: 100}
    with place.rounds.work() as unit:
        before = unit.activities.view(place.lead.course, place.activity)
        choice = Choice(weights, standard, before.mapping, before.send_when)
        unit.activities.choose(place.lead, place.activity, choice)
    recompute(place.rounds, place.activity)


def test_the_longest_names_can_be_printed(at: Callable[..., Rounds]) -> None:
    place = ward(at(), weights={"teamwork": 100})
    with place.rounds.work() as unit:
        unit.session.get_one(Person, place.amara.person).name = "A" * 500
        unit.session.get_one(Course, place.amara.course).title = "C" * 500
    place.score(place.helen, place.amara, "teamwork", 3)
    place.score(place.ruth, place.amara, "teamwork", 3)
    assert load_facts(rows(place)[0].facts).person == "A" * 500


# -- Issued and ended ------------------------------------------------------------------------------


def audited(place: Ward) -> list[tuple[str, str, int | None, dict[str, object]]]:
    with place.rounds.reading() as unit:
        found = unit.session.scalars(
            select(AuditEntry).where(AuditEntry.about == "certificate").order_by(AuditEntry.id)
        )
        return [(one.action, one.about_id, one.actor_id, one.detail) for one in found]


def test_an_issue_is_audited_and_has_secrets_of_its_own(place: Ward) -> None:
    [row] = rows(place)
    assert audited(place) == [
        ("certificate-issued", str(row.id), None, {"intern": place.amara.person})
    ]
    assert len(row.token) == 32
    assert len(row.holder_key) == HOLDER_KEY_LENGTH
    amend(place)
    old, new = rows(place)
    assert {old.token, old.code, old.holder_key}.isdisjoint((new.token, new.code, new.holder_key))


def test_an_amendment_supersedes_and_says_so(place: Ward) -> None:
    amend(place)
    old, new = rows(place)
    assert (old.state, old.reason, old.ended_at) == (
        State.SUPERSEDED, "assessments-changed", ISSUED,
    )  # fmt: skip
    assert (new.state, new.ended_at) == (State.VALID, None)
    assert audited(place)[1:] == [
        ("certificate-superseded", str(old.id), place.helen.person,
         {"reason": "assessments-changed"}),
        ("certificate-issued", str(new.id), None, {"intern": place.amara.person}),
    ]  # fmt: skip


def test_a_fall_below_the_standard_revokes_and_says_so(place: Ward) -> None:
    facts = rows(place)[0].facts
    fall_below(place)
    [row] = rows(place)
    assert (row.state, row.reason, row.facts) == (State.REVOKED, "below-standard", facts)
    assert audited(place)[-1] == (
        "certificate-revoked", str(row.id), place.helen.person, {"reason": "below-standard"},
    )  # fmt: skip


def test_new_rules_that_are_met_leave_a_certificate_alone(place: Ward) -> None:
    for standard in (replace(EASY, min_seen=2), EASY):
        change_rules(place, standard, "teamwork")
        assert [row.state for row in rows(place)] == [State.VALID]
    change_rules(place, replace(EASY, min_mean=4), "teamwork")
    [row] = rows(place)
    assert (row.state, row.reason) == (State.REVOKED, "below-standard")
    assert audited(place)[-1][2] is None


# -- The file --------------------------------------------------------------------------------------


def file_for(place: Ward, actor: Actor) -> bytes:
    with place.rounds.reading() as unit:
        return unit.certificates.file_for(actor, place.activity, place.amara.person).content


def file_at(rounds: Rounds, token: str) -> bytes:
    with rounds.reading() as unit:
        return unit.certificates.file_at(token).content


def test_the_file_is_for_its_holder_and_course_leads(place: Ward) -> None:
    with pytest.raises(CertificateNotReady):
        file_for(place, place.amara)
    render(place)
    for actor in (place.amara, place.lead):
        assert file_for(place, actor) == PDF
    for actor in (place.helen, place.jonas, place.observer):
        with pytest.raises(NotAllowed):
            file_for(place, actor)
    with pytest.raises(UnknownThing), place.rounds.reading() as unit:
        unit.certificates.file_for(place.lead, place.activity, place.jonas.person)


def test_a_page_knows_whether_the_file_is_there(place: Ward) -> None:
    for ready in (False, True):
        with place.rounds.reading() as unit:
            found = unit.certificates.of_intern(place.activity, place.amara.person)
            assert found is not None
            assert (found.ready, found.code) == (ready, in_groups(rows(place)[0].code))
            assert unit.certificates.of_intern(place.activity, place.jonas.person) is None
            stage = unit.certificate_ways.of(place.activity, place.amara.person).stage
            assert stage is (Stage.ISSUED if ready else Stage.MAKING)
        render(place)


def test_its_address_gives_the_file_until_it_ends(place: Ward) -> None:
    [row] = rows(place)
    with pytest.raises(CertificateNotReady):
        file_at(place.rounds, row.token)
    render(place)
    assert file_at(place.rounds, row.token) == PDF
    amend(place)
    with pytest.raises(CertificateEnded, match="superseded"):
        file_at(place.rounds, row.token)
    for token in ("", "0" * 32, row.token.upper() + "0", row.code):
        with pytest.raises(UnknownThing):
            file_at(place.rounds, token)


def test_the_copy_for_the_lms_expires(place: Ward, at: Callable[..., Rounds]) -> None:
    render(place)
    with place.rounds.reading() as unit:
        copy = unit.session.scalars(select(CertificateCopy)).one()
    assert copy.token != rows(place)[0].token
    assert file_at(at(days=6, hours=23), copy.token) == PDF
    with pytest.raises(UnknownThing):
        file_at(at(days=7), copy.token)
    fall_below(place)
    with pytest.raises(CertificateEnded, match="revoked"):
        file_at(at(), copy.token)


# -- Verifying -------------------------------------------------------------------------------------


def test_a_stranger_learns_what_it_is_but_not_whose(place: Ward) -> None:
    [row] = rows(place)
    found = verify(place.rounds, row.code)
    assert found is not None
    assert (found.state, found.person, found.named) == (State.VALID, "A. O.", False)
    assert (found.issuer, found.course, found.activity, found.competencies) == (
        "Northgate School of Medicine", "Internship block 2", "Clinical competencies",
        ("Teamwork",),
    )  # fmt: skip
    assert (found.issued_on, found.ended_on, found.reason) == (date(2026, 11, 23), None, "")
    assert "Okafor" not in repr(found)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(lambda code: in_groups(code), id="as-printed"),
        pytest.param(lambda code: in_groups(code).lower(), id="lower-case"),
        pytest.param(lambda code: f"  {code[:6]} {code[6:]}\n", id="spaces"),
        pytest.param(lambda code: in_groups(code).replace("-", "\u2013"), id="dashes"),
    ],
)
def test_a_code_may_be_typed_as_it_is_read(place: Ward, typed: Callable[[str], str]) -> None:
    assert verify(place.rounds, typed(rows(place)[0].code)) is not None


def test_the_holders_key_shows_the_name(place: Ward) -> None:
    [row] = rows(place)
    for key in (row.holder_key, f" {row.holder_key[:4]}-{row.holder_key[4:].lower()} "):
        found = verify(place.rounds, row.code, key)
        assert found is not None
        assert (found.person, found.named) == ("Amara Okafor", True)
    for key in ("22222222", "!", row.holder_key[:-1], row.code):
        found = verify(place.rounds, row.code, key)
        assert found is not None
        assert (found.person, found.named) == ("A. O.", False)


@pytest.mark.parametrize(
    ("end", "state", "reason"),
    [
        (amend, State.SUPERSEDED, "assessments-changed"),
        (fall_below, State.REVOKED, "below-standard"),
    ],
)
def test_one_that_ended_says_when_and_why(
    place: Ward, end: Callable[[Ward], None], state: State, reason: str
) -> None:
    [row] = rows(place)
    end(place)
    found = verify(place.rounds, row.code)
    assert found is not None
    assert (found.state, found.reason, found.ended_on) == (state, reason, date(2026, 11, 23))


@pytest.mark.parametrize("code", ["", "ABC", "222222222222", "R7KD-4QXM-29T0", "'; --", "\x00"])
def test_an_unknown_code_is_no_certificate(place: Ward, code: str) -> None:
    assert verify(place.rounds, code) is None


def test_wrong_codes_and_keys_count_and_right_ones_are_free(
    place: Ward, environment: dict[str, str]
) -> None:
    few = {"ROUNDS_VERIFY_TRIES": "3", "ROUNDS_VERIFY_WINDOW_SECONDS": "60"}
    strict = replace(place.rounds, settings=load_settings(environment | few))
    [row] = rows(place)
    for _ in range(5):
        assert verify(strict, row.code, row.holder_key) is not None
    verify(strict, "222222222222")
    verify(strict, "nonsense")
    verify(strict, row.code, "22222222")
    with pytest.raises(TooMany) as caught:
        verify(strict, row.code, row.holder_key)
    assert caught.value.seconds == 60
    assert verify(strict, row.code, caller="192.0.2.2") is not None
    later = replace(strict, clock=lambda: ISSUED + timedelta(seconds=60))
    assert verify(later, row.code) is not None


def test_wrong_keys_count_wherever_they_come_from(place: Ward, environment: dict[str, str]) -> None:
    few = {"ROUNDS_VERIFY_TRIES": "3", "ROUNDS_VERIFY_WINDOW_SECONDS": "60"}
    strict = replace(place.rounds, settings=load_settings(environment | few))
    [row] = rows(place)
    for number in range(3):
        verify(strict, row.code, "22222222", caller=f"192.0.2.{number}")
    with pytest.raises(TooMany):
        verify(strict, row.code, row.holder_key, caller="198.51.100.1")
    assert verify(strict, row.code, caller="198.51.100.1") is not None, "the code still tells"
