"""Results, what they owe the gradebook, and the certificates that follow from them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lti_tool.domain.errors import NotAllowed
from lti_tool.domain.issuing import Stage
from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Bar, Standard, Verdict
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.passback import Passback
from lti_tool.models.person import Membership
from lti_tool.models.result import Result
from lti_tool.services.activities import Choice
from lti_tool.services.recomputing import recompute
from lti_tool.services.unit import Rounds
from tests.factories import EASY, THREE, Ward, member, ward


def result(place: Ward) -> Result:
    with place.rounds.reading() as unit:
        return unit.session.scalars(
            select(Result).where(Result.intern_id == place.amara.person)
        ).one()


def owed(place: Ward, kind: str = "score") -> list[Passback]:
    with place.rounds.reading() as unit:
        return list(
            unit.session.scalars(
                select(Passback).where(Passback.kind == kind).order_by(Passback.stamp)
            )
        )


def certificates(place: Ward) -> list[Certificate]:
    with place.rounds.reading() as unit:
        return list(unit.session.scalars(select(Certificate).order_by(Certificate.id)))


def meet(place: Ward) -> None:
    """Two supervisors find all three competencies dependable."""
    for id in THREE:
        place.score(place.helen, place.amara, id, 3)
        place.score(place.ruth, place.amara, id, 3)


def test_a_result_grows_from_nothing_to_met(rounds: Rounds) -> None:
    place = ward(rounds)
    place.score(place.helen, place.amara, "teamwork", 4)
    assert (result(place).verdict, result(place).grade) == (Verdict.NOT_ENOUGH, "100/1")
    meet(place)
    assert (result(place).verdict, result(place).assessments) == (Verdict.MET, 7)
    mean = (40 * 3 + 35 * Fraction(10, 3) + 25 * 3) / 100
    assert Fraction(result(place).mean or 0) == mean


def test_a_competency_of_weight_0_is_shown_and_counts_for_nothing(rounds: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100, "professionalism": 0})
    place.score(place.helen, place.amara, "professionalism", 2)
    assert result(place).grade is None
    assert owed(place) == []
    place.score(place.helen, place.amara, "teamwork", 3)
    place.score(place.ruth, place.amara, "teamwork", 3)
    assert (result(place).verdict, result(place).grade) == (Verdict.MET, "80/1")
    assert result(place).competencies["professionalism"]["verdict"] == Verdict.NOT_ENOUGH


def test_the_same_news_is_owed_once(rounds: Rounds) -> None:
    place = ward(rounds, product="canvas")
    place.score(place.helen, place.amara, "teamwork", 3)
    place.score(place.helen, place.amara, "teamwork", 3)
    assert [row.message["score"] for row in owed(place)] == ["80"]


@pytest.mark.parametrize(
    ("when", "scores"),
    [
        (SendWhen.AS_SCORED, ["80", "80", None]),
        (SendWhen.WHEN_ENOUGH, ["80", None]),
        (SendWhen.WHEN_MET, ["80", None]),
    ],
)
def test_when_a_number_goes_out_and_is_taken_back(
    rounds: Rounds, when: SendWhen, scores: list[str | None]
) -> None:
    place = ward(rounds, weights={"teamwork": 100}, send_when=when)
    first = place.score(place.helen, place.amara, "teamwork", 3)
    second = place.score(place.ruth, place.amara, "teamwork", 3)
    for actor, number in ((place.helen, first), (place.ruth, second)):
        with rounds.work() as unit:
            unit.assessments.withdraw(actor, number, 2, "Another intern.")
    said = [row.message["score"] for row in owed(place)]
    assert said[-1] is None
    assert [score for score, before in zip(said, [0, *said], strict=False) if score != before] == [
        score for score, before in zip(scores, [0, *scores], strict=False) if score != before
    ]
    stamps = [row.stamp for row in owed(place)]
    assert stamps == sorted(set(stamps))


def test_canvas_gets_a_comment_only_when_the_standing_changes(rounds: Rounds) -> None:
    place = ward(rounds, product="canvas", weights={"teamwork": 100})
    place.score(place.helen, place.amara, "teamwork", 2)
    place.score(place.helen, place.amara, "teamwork", 4)
    assert [row.message["comment"] for row in owed(place)] == [None, None]
    place.score(place.ruth, place.amara, "teamwork", 4)
    assert owed(place)[-1].message["comment"].startswith("Ruth Osei scored Teamwork")


def test_meeting_the_standard_issues_one_certificate(rounds: Rounds) -> None:
    place = ward(rounds)
    meet(place)
    [issued] = certificates(place)
    facts = issued.facts
    assert (issued.state, facts["person"], facts["occasions"], facts["supervisors"]) == (
        "valid", "Amara Okafor", 6, 2,
    )  # fmt: skip
    assert facts["issuer"] == "Northgate School of Medicine"
    assert [one["title"] for one in facts["competencies"]] == [
        "Patient communication", "Teamwork", "Documentation",
    ]  # fmt: skip
    assert facts["verify_url"] in owed(place)[-1].message["comment"]
    place.score(place.helen, place.amara, "teamwork", 4)
    assert len(certificates(place)) == 1


def test_two_who_meet_the_standard_at_once_earn_one_certificate(rounds: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100}, standard=replace(EASY, min_supervisors=1))
    place.score(place.helen, place.amara, "teamwork", 3)
    drafts = [
        (actor, place.draft(actor, place.amara, "teamwork")) for actor in (place.helen, place.ruth)
    ]
    content, together = place.content("teamwork", 3), threading.Barrier(2)

    def submit(draft: tuple[Actor, int]) -> None:
        together.wait()
        with rounds.work() as unit:
            unit.assessments.submit(*draft, 1, content)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(submit, drafts)) == [None, None]
    [issued] = certificates(place)
    assert issued.state == "valid"


def test_the_database_keeps_a_second_valid_certificate_out(rounds: Rounds) -> None:
    place = ward(rounds)
    meet(place)
    [issued] = certificates(place)
    facts = {
        name: getattr(issued, name)
        for name in ("platform_id", "activity_id", "intern_id", "design", "facts")
    }
    second = Certificate(
        **facts, state="valid", token="t", code="c", holder_key="k", issued_at=issued.issued_at
    )
    with pytest.raises(IntegrityError), rounds.work() as unit:
        unit.session.add(second)


def test_a_result_of_any_number_of_assessments_can_be_kept(rounds: Rounds) -> None:
    """Means over many different counts have denominators without end."""
    place = ward(rounds)
    place.score(place.helen, place.amara, "teamwork", 3)
    with rounds.work() as unit:
        unit.session.scalars(select(Result)).one().mean = f"{3**200 + 1}/{3**199}"
    assert 3 < Fraction(result(place).mean or 0) < 4


def test_canvas_is_owed_the_file_after_the_number(rounds: Rounds) -> None:
    place = ward(rounds, product="canvas")
    meet(place)
    [file], [*_, score] = owed(place, "certificate"), owed(place)
    assert file.stamp > score.stamp
    assert file.message["score"] == score.message["score"] == "80"
    assert file.message["file"]["address"].startswith(rounds.settings.origin + "/certificates/")
    assert ward_of_other_product_owes_no_file(rounds)


def ward_of_other_product_owes_no_file(rounds: Rounds) -> bool:
    before = len(owed(place := ward(rounds, product="moodle"), "certificate"))
    meet(place)
    return len(owed(place, "certificate")) == before


def test_what_changes_later_supersedes_or_revokes(rounds: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100})
    number = place.score(place.helen, place.amara, "teamwork", 3)
    place.score(place.ruth, place.amara, "teamwork", 3)
    with rounds.work() as unit:
        unit.assessments.amend(place.helen, number, 2, place.content("teamwork", 4), "Better.")
    assert [one.state for one in certificates(place)] == ["superseded", "valid"]
    with rounds.work() as unit:
        unit.assessments.withdraw(place.helen, number, 3, "Another intern.")
    assert [one.state for one in certificates(place)] == ["superseded", "revoked"]
    assert certificates(place)[-1].reason == "assessments-changed"
    assert "no longer counts" in owed(place)[-1].message["comment"]


def test_falling_below_the_standard_revokes(rounds: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100})
    place.score(place.helen, place.amara, "teamwork", 3)
    place.score(place.ruth, place.amara, "teamwork", 3)
    place.score(place.ruth, place.amara, "teamwork", 2)
    assert [(one.state, one.reason) for one in certificates(place)] == [
        ("revoked", "below-standard")
    ]


def test_an_open_flag_keeps_the_certificate_until_it_is_resolved(rounds: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100})
    place.score(place.helen, place.amara, "teamwork", 3, concern=True, concern_text="A list.")
    place.score(place.ruth, place.amara, "teamwork", 3)
    assert result(place).verdict == Verdict.NOT_MET
    with rounds.work() as unit:
        [flag] = unit.flags.open(place.lead, place.activity)
        unit.flags.resolve(place.lead, flag.id, "Spoken with both.")
    assert result(place).verdict == Verdict.MET
    assert len(certificates(place)) == 1


def test_the_pretend_student_earns_none(rounds: Rounds) -> None:
    place = ward(rounds, weights={"teamwork": 100})
    with rounds.work() as unit:
        course = unit.session.get_one(Course, place.lead.course)
        pretend = member(unit.session, course, "Test Student", Role.INTERN, test_user=True)
    for actor in (place.helen, place.ruth):
        place.score(actor, pretend, "teamwork", 3)
    assert certificates(place) == []


def test_new_rules_recompute_what_is_there(rounds: Rounds, jobs: list[tuple[str, str]]) -> None:
    place = ward(rounds, weights={"teamwork": 100})
    place.score(place.helen, place.amara, "teamwork", 3)
    stricter = Choice({"teamwork": 100}, EASY, GradeMapping.POINTS, SendWhen.AS_SCORED)
    with rounds.work() as unit:
        unit.activities.choose(place.lead, place.activity, stricter)
    assert jobs[-1][0] == "results"
    recompute(rounds, place.activity)
    assert owed(place)[-1].message["score"] == "75"
    before = len(owed(place))
    recompute(rounds, place.activity)
    assert len(owed(place)) == before


def test_the_pages_data_agree_with_what_is_owed(rounds: Rounds) -> None:
    place = ward(rounds)
    meet(place)
    with rounds.reading() as unit:
        page = unit.overview.intern_page(place.amara, place.activity, place.amara.person)
        table = unit.overview.lead_table(place.lead, place.activity)
        home = unit.overview.supervisor_home(place.helen, place.activity)
    assert page.outcome.grade == 80
    assert page.deliveries[0].score == "80"
    assert len(page.feedback) == 6
    rows = {row.intern.name: row for row in table.rows}
    assert (rows["Amara Okafor"].grade, rows["Amara Okafor"].way.stage) == (80, Stage.MAKING)
    assert rows["Jonas Lindqvist"].verdict == Verdict.NOT_ENOUGH
    assert [(one.intern.name, one.seen) for one in home.interns] == [
        ("Amara Okafor", 3), ("Jonas Lindqvist", 0),
    ]  # fmt: skip


def test_nobody_reads_anothers_page(rounds: Rounds) -> None:
    place = ward(rounds)
    for stranger in (place.jonas, place.helen, place.observer):
        with pytest.raises(NotAllowed), rounds.reading() as unit:
            unit.overview.intern_page(stranger, place.activity, place.amara.person)


def test_what_is_missing_is_named_in_order(rounds: Rounds) -> None:
    place = ward(rounds, standard=Standard())
    place.score(place.helen, place.amara, "patient-communication", 3, 3, 3, 3, None, 3)
    with rounds.reading() as unit:
        found = unit.results.outcome(place.activity, place.amara.person)
    missing = found.competencies[0].judgement.missing
    assert [(one.bar, one.criterion, one.have, one.need) for one in missing[:3]] == [
        (Bar.ASSESSMENTS, None, 1, 8),
        (Bar.SUPERVISORS, None, 1, 3),
        (Bar.SEEN, "PC-1", 1, 3),
    ]
    assert (Bar.SEEN, "PC-5", 0, 2) in [
        (one.bar, one.criterion, one.have, one.need) for one in missing
    ]


def test_a_left_intern_keeps_their_result(rounds: Rounds) -> None:
    place = ward(rounds)
    place.score(place.helen, place.amara, "teamwork", 3)
    with rounds.work() as unit:
        row = unit.session.scalars(
            select(Membership).where(Membership.person_id == place.amara.person)
        ).one()
        row.left_at = unit.now
    with rounds.reading() as unit:
        table = unit.overview.lead_table(place.lead, place.activity)
        assert "Amara Okafor" not in [row.intern.name for row in table.rows]
        page = unit.overview.intern_page(place.lead, place.activity, place.amara.person)
        assert page.outcome.grade == 80


def test_criteria_own_bar_wins_over_the_standards(rounds: Rounds) -> None:
    place = ward(rounds, standard=replace(EASY, min_seen=5))
    with rounds.reading() as unit:
        found = unit.results.outcome(place.activity, place.amara.person)
    needs = {
        one.criterion: one.need
        for one in found.competencies[0].judgement.findings
        if one.bar is Bar.SEEN
    }
    assert (needs["PC-1"], needs["PC-5"]) == (5, 2)


def test_a_refused_certificate_hides_no_number_that_was_sent(rounds: Rounds) -> None:
    place = ward(rounds, product="canvas")
    meet(place)
    with rounds.work() as unit:
        for row in unit.session.scalars(select(Passback).where(Passback.state == "waiting")):
            sent = row.kind == "score"
            row.state = "sent" if sent else "refused"
            row.sent_at = unit.now if sent else None
    with rounds.reading() as unit:
        [shown] = unit.passbacks.newest(place.activity, place.amara.person)
    assert (shown.kind, shown.state, shown.score) == ("score", "sent", "80")
