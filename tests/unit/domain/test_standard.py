"""The standard: evidence before quality, every bar by itself, exact at the edge."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.domain.rubric import Competency, Criterion, Level
from lti_tool.domain.scoring import Scored, competency_result
from lti_tool.domain.standard import (
    EVIDENCE,
    Bar,
    Judgement,
    Standard,
    Verdict,
    activity_verdict,
    judge,
)

LEVELS = ("Needs direction", "Developing", "Dependable", "Exemplary for stage")
STANDARD = Standard(min_assessments=3, min_supervisors=2, min_seen=2)


def rubric() -> Competency:
    """Three criteria of weights 50, 30 and 20; the second is ★, the third asks to be seen once."""
    facts = [("c-1", 50, False, None), ("c-2", 30, True, None), ("c-3", 20, False, 1)]
    one, two, three, four = (Level(n, f"{n}", name, "", "") for n, name in enumerate(LEVELS, 1))
    criteria = tuple(
        Criterion(id, id, id, "", weight, critical, min_seen, ("",) * 4, ("",) * 4)
        for id, weight, critical, min_seen in facts
    )
    return Competency(
        "c", "c", "1.0", "C", "", 100, 3, (one, two, three, four), criteria, "CC BY 4.0", ""
    )


RUBRIC = rubric()
Row = Sequence[int | None]


def scored(rows: Sequence[Row], assessors: Sequence[int]) -> list[Scored]:
    return [
        Scored(number, assessor, number, date(2026, 9, 1), dict(zip(IDS, row, strict=True)))
        for number, (row, assessor) in enumerate(zip(rows, assessors, strict=True))
    ]


IDS = [criterion.id for criterion in RUBRIC.criteria]


def judged(
    *rows: Row,
    by: Sequence[int] = (),
    standard: Standard = STANDARD,
    open_flags: int = 0,
) -> Judgement:
    """The judgement of these rows, by two supervisors in turn unless `by` says who wrote which."""
    assessors = by or [number % 2 for number in range(len(rows))]
    return judge(RUBRIC, standard, competency_result(RUBRIC, scored(rows, assessors)), open_flags)


def short(found: Judgement) -> list[tuple[Bar, str | None]]:
    return [(finding.bar, finding.criterion) for finding in found.missing]


GOOD = (3, 3, 3)
ENOUGH = (GOOD, GOOD, GOOD)


def test_what_just_reaches_every_bar_meets_the_standard() -> None:
    found = judged(*ENOUGH)
    assert (found.verdict, found.missing) == (Verdict.MET, ())


@pytest.mark.parametrize(
    ("found", "bar"),
    [
        pytest.param(judged(GOOD, GOOD), (Bar.ASSESSMENTS, None), id="assessments"),
        pytest.param(judged(*ENOUGH, by=(7, 7, 7)), (Bar.SUPERVISORS, None), id="supervisors"),
        pytest.param(
            judged(GOOD, (3, None, 3), (3, None, 3)), (Bar.SEEN, "c-2"), id="seen"
        ),
        pytest.param(
            judged((3, 3, None), (3, 3, None), (3, 3, None)), (Bar.SEEN, "c-3"), id="own-bar"
        ),
        pytest.param(
            judged(*ENOUGH, by=(1, 1, 2), standard=replace(STANDARD, max_share=Fraction(1, 2))),
            (Bar.SHARE, None),
            id="share",
        ),
    ],
)  # fmt: skip
def test_each_bar_of_evidence_by_itself(found: Judgement, bar: tuple[Bar, str | None]) -> None:
    assert found.verdict is Verdict.NOT_ENOUGH
    assert short(found) == [bar]


@pytest.mark.parametrize(
    ("found", "bar"),
    [
        pytest.param(judged((2, 3, 3), GOOD, GOOD), (Bar.MEAN, None), id="mean"),
        pytest.param(judged((4, 4, 1), (4, 4, 1), (4, 4, 2)), (Bar.FLOOR, "c-3"), id="floor"),
        pytest.param(judged((4, 2, 4), (4, 3, 4), (4, 3, 4)), (Bar.CRITICAL, "c-2"), id="critical"),
        pytest.param(judged(*ENOUGH, open_flags=1), (Bar.FLAGS, None), id="flags"),
    ],
)
def test_each_bar_of_quality_by_itself(found: Judgement, bar: tuple[Bar, str | None]) -> None:
    assert found.verdict is Verdict.NOT_MET
    assert short(found) == [bar]


def test_a_criterion_that_is_not_critical_may_stay_below_the_critical_bar() -> None:
    assert judged((4, 3, 2), (4, 3, 2), (4, 3, 2)).verdict is Verdict.MET


def test_too_little_evidence_is_said_first_and_is_no_reproach() -> None:
    """However bad (or good) what was seen: nothing but evidence is missing while it is short."""
    poor = judged((1, 1, 1), (1, 1, 1), open_flags=2)
    assert poor.verdict is Verdict.NOT_ENOUGH
    assert short(poor) == [(Bar.ASSESSMENTS, None)]
    assert {finding.bar for finding in poor.findings if not finding.ok} > {Bar.MEAN, Bar.FLAGS}
    assert judged((4, 4, 4), (4, 4, 4)).verdict is Verdict.NOT_ENOUGH


def test_findings_say_how_much_of_how_much_in_the_order_of_the_form() -> None:
    found = judged((4, None, None), standard=replace(STANDARD, max_share=Fraction(3, 4)))
    evidence = [one for one in found.findings if one.bar in EVIDENCE]
    assert [(one.bar, one.criterion, one.have, one.need) for one in evidence] == [
        (Bar.ASSESSMENTS, None, 1, 3),
        (Bar.SUPERVISORS, None, 1, 2),
        (Bar.SEEN, "c-1", 1, 2),
        (Bar.SEEN, "c-2", 0, 2),
        (Bar.SEEN, "c-3", 0, 1),
        (Bar.SHARE, None, 1, Fraction(3, 4)),
    ]  # fmt: skip


def test_a_share_that_just_reaches_its_bar_is_allowed() -> None:
    half = replace(STANDARD, max_share=Fraction(1, 2))
    assert judged(*ENOUGH, GOOD, by=(1, 1, 2, 2), standard=half).verdict is Verdict.MET
    third = replace(STANDARD, max_share=Fraction(1, 3))
    assert judged(*ENOUGH, by=(1, 2, 3), standard=third).verdict is Verdict.MET


def test_flags_keep_nothing_where_the_standard_does_not_ask() -> None:
    unflagged = replace(STANDARD, flags=False)
    found = judged(*ENOUGH, open_flags=3, standard=unflagged)
    assert found.verdict is Verdict.MET
    assert Bar.FLAGS not in {finding.bar for finding in found.findings}


def test_nobody_meets_a_standard_unseen() -> None:
    """Also where no bar asks for anything: there is nothing that could have met it."""
    nothing = Standard(min_assessments=0, min_supervisors=0, min_seen=0)
    plain = replace(RUBRIC, criteria=RUBRIC.criteria[:2])
    for rows in ([], [(None, None, None)]):
        result = competency_result(plain, scored(rows, [1] * len(rows)))
        assert judge(plain, nothing, result, 0).verdict is Verdict.NOT_ENOUGH


@pytest.mark.parametrize("assessments", [334, 1000])
def test_a_hair_below_is_below(assessments: int) -> None:
    """One 2 among hundreds of 3s: 2.99… is not 3, whatever a float or a page would round it to."""
    rows: list[Row] = [GOOD] * assessments
    assert judged(*rows).verdict is Verdict.MET
    assert short(judged((2, 3, 3), *rows[1:])) == [(Bar.MEAN, None)]
    assert short(judged((4, 2, 3), *rows[1:])) == [(Bar.CRITICAL, "c-2")]


def test_thirds_add_up_exactly() -> None:
    """(10/3 · 50 + 3 · 30 + 13/6 · 20) / 100 = 3, which floats miss."""
    rows = ((4, 3, 3), (3, 3, 2), (3, 3, 2), (4, 3, 2), (3, 3, 2), (3, 3, 2))
    found = judged(*rows)
    mean = next(finding for finding in found.findings if finding.bar is Bar.MEAN)
    assert mean.have == 3
    assert found.verdict is Verdict.MET


MET, NOT_MET, NOT_ENOUGH = Verdict.MET, Verdict.NOT_MET, Verdict.NOT_ENOUGH


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ((), NOT_ENOUGH),
        ((MET,), MET),
        ((NOT_MET,), NOT_MET),
        ((NOT_ENOUGH,), NOT_ENOUGH),
        ((MET, MET, MET), MET),
        ((MET, MET, NOT_ENOUGH), NOT_ENOUGH),
        ((MET, MET, NOT_MET), NOT_MET),
        ((MET, NOT_ENOUGH, NOT_MET), NOT_MET),
        ((NOT_ENOUGH, NOT_ENOUGH, NOT_MET), NOT_MET),
    ],
)
def test_the_verdict_of_an_activity(verdicts: Sequence[Verdict], whole: Verdict) -> None:
    for order in permutations(verdicts):
        assert activity_verdict(order) is whole


level = st.one_of(st.none(), st.integers(1, 4))
written = st.lists(
    st.tuples(st.tuples(level, level, level), st.integers(1, 4)), min_size=0, max_size=12
)
standards = st.builds(
    Standard,
    min_assessments=st.integers(1, 6),
    min_supervisors=st.integers(1, 3),
    min_seen=st.integers(1, 4),
    min_mean=st.integers(1, 4),
    floor=st.integers(1, 4),
    critical=st.integers(1, 4),
    flags=st.booleans(),
)
shares = st.one_of(st.none(), st.fractions(0, 1))


def judge_written(
    found: Sequence[tuple[Row, int]], standard: Standard, open_flags: int = 0
) -> Judgement:
    rows, by = [row for row, _ in found], [assessor for _, assessor in found]
    return judged(*rows, by=by, standard=standard, open_flags=open_flags)


@given(written, standards, shares, st.integers(0, 2), st.randoms())
def test_the_order_of_assessments_does_not_matter(
    found: list[tuple[Row, int]], standard: Standard, share: Fraction | None, flags: int, random
) -> None:
    shared = replace(standard, max_share=share)
    before = judge_written(found, shared, flags)
    random.shuffle(found)
    assert judge_written(found, shared, flags) == before


@given(written, standards, st.lists(st.tuples(level, level, level), max_size=4))
def test_more_assessments_never_take_evidence_away(
    found: list[tuple[Row, int]], standard: Standard, more: list[Row]
) -> None:
    """Whoever writes them and whatever they say; but for a bar on shares, which one may tip."""
    before = judge_written(found, standard)
    after = judge_written([*found, *((row, 1) for row in more)], standard)
    if before.verdict is not NOT_ENOUGH:
        assert after.verdict is not NOT_ENOUGH


@given(written, standards, shares, st.integers(1, 4))
def test_more_good_assessments_leave_a_met_standard_met(
    found: list[tuple[Row, int]], standard: Standard, share: Fraction | None, count: int
) -> None:
    """By supervisors who wrote none before, so that no share grows."""
    shared = replace(standard, max_share=share)
    good = [((4, 4, 4), 100 + number) for number in range(count)]
    if judge_written(found, shared).verdict is MET:
        assert judge_written([*found, *good], shared).verdict is MET


@given(written, standards, st.integers(0, 2))
def test_the_verdict_follows_from_the_findings(
    found: list[tuple[Row, int]], standard: Standard, flags: int
) -> None:
    judgement = judge_written(found, standard, flags)
    if judgement.verdict is MET:
        assert all(finding.ok for finding in judgement.findings)
    else:
        assert judgement.missing
        evidence = {finding.bar in EVIDENCE for finding in judgement.missing}
        assert evidence == {judgement.verdict is NOT_ENOUGH}
