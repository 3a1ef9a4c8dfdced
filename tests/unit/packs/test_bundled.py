"""The four packs that come with Rounds: whole, in order, and saying what they should."""

import json
import re

import pytest

from lti_tool.domain.rubric import Competency
from lti_tool.packs import describe, dump, load, read_catalogue

CATALOGUE = read_catalogue()
ALL = pytest.mark.parametrize("competency", CATALOGUE.all(), ids=lambda found: found.id)


def texts(competency: Competency) -> list[str]:
    """Everything in the pack that a person reads."""
    found = [competency.title, competency.summary, competency.note]
    for level in competency.levels:
        found += [level.name, level.means, level.short]
    for criterion in competency.criteria:
        found += [criterion.name, criterion.about, *criterion.anchors, *criterion.anchor_shorts]
        found += [example for examples in criterion.look_for.values() for example in examples]
    return found


def test_four_packs_with_their_weights_in_their_order() -> None:
    assert [(one.id, one.title, one.default_weight) for one in CATALOGUE.all()] == [
        ("patient-communication", "Patient communication", 40),
        ("teamwork", "Teamwork", 35),
        ("documentation", "Documentation", 25),
        ("professionalism", "Professionalism and engagement", 0),
    ]
    assert [one.formative for one in CATALOGUE.all()] == [False, False, False, True]


@pytest.mark.parametrize(
    ("competency_id", "weights", "critical"),
    [
        ("patient-communication", (20, 20, 20, 15, 15, 10), []),
        ("teamwork", (15, 20, 20, 15, 20, 10), ["TW-3", "TW-5"]),
        ("documentation", (25, 15, 15, 20, 10, 15), ["DOC-1", "DOC-6"]),
        ("professionalism", (20, 25, 15, 10, 20, 10), ["PE-2"]),
    ],
)
def test_weights_and_stars(
    competency_id: str, weights: tuple[int, ...], critical: list[str]
) -> None:
    competency = CATALOGUE.competency(competency_id)
    assert tuple(criterion.weight for criterion in competency.criteria) == weights
    assert [criterion.id for criterion in competency.critical_criteria] == critical


def test_only_difficult_conversations_have_a_bar_of_their_own() -> None:
    bars = {one.id: one.min_seen for pack in CATALOGUE.all() for one in pack.criteria}
    assert {name: bar for name, bar in bars.items() if bar is not None} == {"PC-5": 2}
    assert len(bars) == 24


@ALL
def test_each_pack_is_starting_content_at_its_first_version(competency: Competency) -> None:
    assert competency.version == "1.0"
    assert competency.license == "CC BY 4.0"
    assert competency.note == "Starting content. Review it locally before summative use."
    assert competency.level(competency.expected).name == "Dependable"
    assert [level.name for level in competency.levels] == [
        "Needs direction",
        "Developing",
        "Dependable",
        "Exemplary for stage",
    ]


@ALL
def test_each_criterion_is_ready_for_a_phone_and_a_supervisor(competency: Competency) -> None:
    for criterion in competency.criteria:
        assert all(criterion.anchor_shorts)
        assert 2 <= len(criterion.look_for["medicine"]) <= 3


@ALL
def test_texts_speak_of_interns_in_typographic_quotes(competency: Competency) -> None:
    for text in texts(competency):
        assert not re.search(r"student|\"|'|\*|  | — ", text), text
        assert text.count("“") == text.count("”")


@pytest.mark.parametrize(
    ("criterion_id", "level", "anchor"),
    [
        (
            "PC-3",
            3,
            "Chunks information, uses plain words or a drawing/leaflet, asks the patient to say "
            "back the key points, says openly “I will check that” when unsure.",
        ),
        (
            "TW-3",
            4,
            "Spots gaps in what was handed to them, adapts depth to risk and receiver, and "
            "protects the handover from interruptions.",
        ),
        ("DOC-5", 4, "A model entry other learners are shown."),
        (
            "DOC-6",
            1,
            "Opens records without a reason, shares logins, leaves identifiable material exposed, "
            "or puts it in personal apps, photos, chats or public AI tools.",
        ),
        ("PE-4", 2, "Does them when assigned."),
    ],
)
def test_anchors_stand_at_their_level(criterion_id: str, level: int, anchor: str) -> None:
    criteria = {one.id: one for pack in CATALOGUE.all() for one in pack.criteria}
    assert criteria[criterion_id].anchor(level) == anchor


def test_the_entry_is_the_interns_own() -> None:
    accuracy = CATALOGUE.competency("documentation").criterion("DOC-1")
    assert accuracy.about == "The entry is true, the intern\u2019s own, and its sources are clear."
    assert accuracy.alignments[:3] == ("AAMC-EPA:5", "ACGME2:ICS-3", "ACGME2:PROF-1")


@ALL
def test_a_pinned_copy_gives_back_the_very_competency(competency: Competency) -> None:
    assert load(json.loads(json.dumps(dump(competency)))) == competency


@ALL
def test_the_description_shows_the_whole_rubric(competency: Competency) -> None:
    lines = describe(competency).splitlines()
    assert lines[0] == f"{competency.title} 1.0 ({competency.id})"
    assert max(map(len, lines)) <= 88
    unwrapped = " ".join(" ".join(lines).split())
    for criterion in competency.criteria:
        star = " ★" if criterion.critical else ""
        assert f"{criterion.id}{star} {criterion.name}: {criterion.weight} %" in unwrapped
        for value in (1, 2, 3, 4):
            assert f"{value} {criterion.anchor(value)}" in unwrapped


def test_the_description_tells_what_counts() -> None:
    assert "Suggested weight in the grade: 40 %." in describe(CATALOGUE.all()[0])
    assert ": 15 %, enough when seen 2 times" in describe(CATALOGUE.all()[0])
    assert "3 Dependable (expected): does it well" in describe(CATALOGUE.all()[0])
    assert "For feedback only, unless an activity gives it weight." in describe(CATALOGUE.all()[3])
