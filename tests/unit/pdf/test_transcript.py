"""The design of transcripts, whatever the name and however much there is to tell."""

from dataclasses import replace

import pytest

from lti_tool import pdf
from lti_tool.domain.errors import FactsFaulty
from lti_tool.domain.transcript import Transcript
from lti_tool.pdf import SAMPLE, SAMPLE_LOGO
from lti_tool.pdf.sample_transcript import SAMPLE_TRANSCRIPT
from tests.unit.pdf.designs import STANDARD
from tests.unit.pdf.reading import fonts, glyphs, outside, read_aloud, structure, text_of
from tests.unit.pdf.test_every_design import CREDENTIAL, NAMES, promises

DESIGN = pdf.find_design("transcript")


def render(facts: Transcript) -> pdf.Pdf:
    return pdf.render(pdf.load_design(DESIGN), facts, attachment=CREDENTIAL, logo=SAMPLE_LOGO)


@pytest.mark.parametrize("name", NAMES)
def test_any_name(name: str) -> None:
    facts = replace(SAMPLE_TRANSCRIPT, person=NAMES[name])
    made = render(facts)
    assert made.pages == 3
    assert not outside(made.content, sides=14, ends=5)
    assert all(fonts(made.content).values())
    assert 0 not in glyphs(made.content)
    promises(made.content, facts)


def test_it_says_what_is_known_and_of_what_day() -> None:
    text = text_of(render(SAMPLE_TRANSCRIPT).content)
    for words in (
        "Robin Example was seen in practice on 39 occasions by 9 supervisors",
        "This is all that was known on 12 February 2027",
        "Clinical competencies, Internship block 2, 2026-27 certificate EXAM-P7EC-ERT2 Met",
        "Documentation 1.2 Developing 2.8 9 3 Not met",
        "Clinical reasoning 1.0 Dependable 3.1 2 1 For feedback only",
        "Patient communication Not observed 0 0 Not enough evidence",
        "9 occasions, 14 September to 10 December 2026",
        "Dependable or better on average",
        "What is for feedback only takes no part in the standard.",
        "It is not a licence to practise and not a qualification.",
    ):
        assert words in text


def test_a_screen_reader_meets_it_in_order() -> None:
    content = render(SAMPLE_TRANSCRIPT).content
    tags = structure(content)
    kinds = [kind for kind, _ in tags]
    assert (kinds.count("/H1"), kinds.count("/H2"), kinds.count("/H3")) == (1, 2, 6)
    assert kinds.count("/Table") == 7
    assert all(alt for kind, alt in tags if kind == "/Figure")
    said = read_aloud(content)
    headings = ("Robin Example", "Ward skills", "Connection and respect", "Clinical reasoning")
    places = [said.index(words) for words in headings]
    assert places[:3] == sorted(places[:3])
    assert said.rindex("Clinical reasoning") > said.rindex("Handover")


def test_as_much_as_there_is_goes_on_to_further_pages() -> None:
    first, _ = SAMPLE_TRANSCRIPT.activities
    whole = first.competencies[0]
    long = replace(whole, criteria=whole.criteria * 12)
    many = replace(first, competencies=(long, *first.competencies * 4))
    made = render(replace(SAMPLE_TRANSCRIPT, activities=(many,) * 4))
    assert made.pages > 12
    assert not outside(made.content, sides=14, ends=5)


def test_what_is_no_transcript_is_laid_out_by_no_design_of_one() -> None:
    limits = {"seconds": 20, "megabytes": 2000}
    with pytest.raises(FactsFaulty):
        pdf.render_in_process(DESIGN, pdf.dump_facts(SAMPLE), **limits)
    with pytest.raises(FactsFaulty):
        pdf.render_in_process(STANDARD, pdf.dump_transcript(SAMPLE_TRANSCRIPT), **limits)
