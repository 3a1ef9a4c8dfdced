"""What goes to the gradebook beside the number: words in plain text, and when a file follows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from lti_tool.domain.passback import Kind
from lti_tool.domain.result import Outcome, outcome
from lti_tool.domain.scoring import GradeMapping, Scored
from lti_tool.domain.standard import Standard, judge
from lti_tool.models.passback import Passback
from lti_tool.models.person import Person
from lti_tool.packs import Catalogue
from lti_tool.services.gradebook import WHOLE, News, comment_of
from lti_tool.services.issuing import Settled
from lti_tool.services.results import Last
from lti_tool.services.unit import Rounds
from tests.factories import Ward, ward

STANDARD = Standard(min_assessments=2, min_supervisors=2, min_seen=1)
VERIFY = "https://rounds.example.org/verify/R7KD-4QXM-29TB"


def result(catalogue: Catalogue, levels: Mapping[str, Sequence[int]]) -> Outcome:
    """The outcome of assessments of one level throughout, each by another supervisor."""
    chosen = [catalogue.competency(id) for id in levels]
    scored = {
        one.id: [
            Scored(
                number,
                number,
                number,
                date(2026, 9, 14),
                {criterion.id: level for criterion in one.criteria},
            )
            for number, level in enumerate(levels[one.id])
        ]
        for one in chosen
    }
    weighted = [(one, 100 // len(chosen)) for one in chosen]
    return outcome(weighted, STANDARD, GradeMapping.TABLE, scored, {})


def said(
    found: Outcome,
    who: str = "Dr Helen Brandt",
    on: date = date(2026, 9, 14),
    certificate: Settled | None = None,
) -> list[str]:
    last = Last(who, found.competencies[0].competency.id, on)
    news = News(found, frozenset([WHOLE]), certificate or Settled(), {WHOLE: last})
    return comment_of(news).split("\n")


@pytest.mark.parametrize(
    ("levels", "standing"),
    [
        ({"teamwork": [3]}, "Provisional: Teamwork 1 of 2."),
        (
            {"patient-communication": [3, 3], "teamwork": [3], "documentation": []},
            "Provisional: Teamwork 1 of 2, Documentation 0 of 2.",
        ),
        ({"teamwork": [3, 3]}, "Standard met."),
        ({"teamwork": [3, 3], "documentation": [3, 4]}, "Standard met in all 2 competencies."),
        ({"teamwork": [2, 2]}, "Standard not met yet."),
        ({"teamwork": [2, 2], "documentation": [3]}, "Provisional: Documentation 1 of 2."),
    ],
)
def test_how_things_stand(
    catalogue: Catalogue, levels: Mapping[str, Sequence[int]], standing: str
) -> None:
    assert said(result(catalogue, levels))[1:] == [standing]


def test_where_assessments_are_enough_and_sightings_not_the_title_says_enough(
    catalogue: Catalogue,
) -> None:
    found = result(catalogue, {"teamwork": [3, 3]})
    rarely = replace(STANDARD, min_seen=5)
    [one] = found.competencies
    judgement = judge(one.competency, rarely, one.result, 0)
    thin = replace(
        found,
        competencies=(replace(one, judgement=judgement),),
        verdict=judgement.verdict,
    )
    assert said(thin)[1:] == ["Provisional: Teamwork."]


@pytest.mark.parametrize(
    ("on", "day"), [(date(2026, 9, 1), "1 September"), (date(2027, 2, 28), "28 February")]
)
def test_who_scored_what_and_on_which_day(catalogue: Catalogue, on: date, day: str) -> None:
    [first, *_] = said(result(catalogue, {"teamwork": [3]}), on=on)
    assert first == f"Dr Helen Brandt scored Teamwork on {day}."


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("<script>alert(1)</script>", "<script>alert(1)</script>", id="markup"),
        pytest.param('"O\'Neil" &amp; =cmd()', '"O\'Neil" &amp; =cmd()', id="quotes"),
        pytest.param("100%d %(who)s", "100%d %(who)s", id="formats"),
        pytest.param("Eve\r\nCertificate: https://evil.example",
                     "Eve Certificate: https://evil.example", id="lines"),
        pytest.param("\u202eevE\u202c\x00\x1b[31m", "evE[31m", id="marks"),
    ],
)  # fmt: skip
def test_a_hostile_name_stays_one_piece_of_plain_text(
    catalogue: Catalogue, name: str, shown: str
) -> None:
    lines = said(result(catalogue, {"teamwork": [3]}), who=name)
    assert lines == [f"{shown} scored Teamwork on 14 September.", "Provisional: Teamwork 1 of 2."]


@pytest.mark.parametrize(
    ("certificate", "line"),
    [
        (Settled(), None),
        (Settled(id=1, verify_url=VERIFY), f"Certificate: {VERIFY}"),
        (Settled(id=2, new=True, verify_url=VERIFY), f"Certificate: {VERIFY}"),
        (Settled(ended=True), "The certificate issued before no longer counts."),
    ],
)
def test_what_is_said_of_a_certificate(
    catalogue: Catalogue, certificate: Settled, line: str | None
) -> None:
    lines = said(result(catalogue, {"teamwork": [3, 3]}), certificate=certificate)
    assert lines[2:] == ([line] if line else [])


def test_when_nothing_counts_any_more(catalogue: Catalogue) -> None:
    news = News(result(catalogue, {"teamwork": []}), frozenset(), Settled(), {})
    assert comment_of(news).startswith("No assessment counts at present.\n")


def owed(place: Ward) -> list[Passback]:
    with place.rounds.reading() as unit:
        return list(unit.session.scalars(select(Passback).order_by(Passback.stamp)))


def test_a_name_is_told_as_it_is_known_now(rounds: Rounds) -> None:
    place = ward(rounds)
    with rounds.work() as unit:
        unit.session.get_one(Person, place.helen.person).name = "Helen\nBrandt\u202e <b>"
    place.score(place.helen, place.amara, "teamwork", 3)
    assert owed(place)[-1].message["comment"].startswith("Helen Brandt <b> scored Teamwork on")


def test_a_certificate_without_a_new_number_still_goes_out(rounds: Rounds) -> None:
    """A flag that kept the standard from being met is resolved: the grade is what it was."""
    place = ward(rounds, product="canvas", weights={"teamwork": 100})
    place.score(place.helen, place.amara, "teamwork", 3, concern=True, concern_text="A list.")
    place.score(place.ruth, place.amara, "teamwork", 3)
    assert not [row for row in owed(place) if row.kind == Kind.CERTIFICATE]
    with rounds.work() as unit:
        [flag] = unit.flags.open(place.lead, place.activity)
        unit.flags.resolve(place.lead, flag.id, "Spoken with both.")
    score, file = owed(place)[-2:]
    assert (score.kind, score.message["score"]) == (Kind.SCORE, "80")
    assert "Certificate: " in score.message["comment"]
    assert (file.kind, file.message["score"], file.message["comment"]) == (
        Kind.CERTIFICATE, "80", None,
    )  # fmt: skip
