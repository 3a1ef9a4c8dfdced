"""Each design, whatever the name and however many the criteria: pages, tags, fonts, what it claims.

Each was looked at once; what was seen there is kept here.
"""

import io
from dataclasses import replace

import pikepdf
import pytest

from lti_tool import pdf
from lti_tool.domain.certificate import Chart, Facts
from lti_tool.domain.transcript import Transcript
from lti_tool.pdf import SAMPLE, SAMPLE_LOGO
from lti_tool.pdf.kinds import Printed
from lti_tool.pdf.sample_transcript import SAMPLE_TRANSCRIPT
from tests.certificates import competency
from tests.unit.pdf.designs import DESIGNS
from tests.unit.pdf.reading import fonts, glyphs, outside, read_aloud, structure, text_of

NAMES = {
    "short": "Bo Li",
    "long": "Maria-Magdalena Konstantinopolitańska de la Fuente y Castellano-" * 3,
    "right-to-left": "\u0639\u0645\u0631 (Omar) \u05d1\u05df \u05d3\u05d5\u05d3",
    "emoji": "\U0001f469\u200d\u2695\ufe0f Doc \U0001fae8 \U0001f600",
    "hostile": "</title></h1><script>x</script><img src=http://127.0.0.1:9/>{{7*7}}\u202e%s",
}
PAGES = {
    ("standard", 1): 1,
    ("standard", 40): 2,
    ("formal", 1): 2,
    ("formal", 40): 3,
    ("record", 1): 1,
    ("record", 40): 1,
    ("transcript", 1): 2,
    ("transcript", 40): 3,
}
RUN_OVER = {("record", "long", 40)}
"""Where a name of three lines takes what the last lines need."""
CREDENTIAL = b"eyJhbGciOiJSUzI1NiJ9.e30." + b"x" * 400


def certificate(name: str, criteria: int, chart: Chart = Chart.STRIPS) -> Facts:
    rows = tuple(f"Criterion {row} of a rubric" for row in range(1, criteria + 1))
    return replace(
        SAMPLE, person=NAMES[name], competencies=(competency("Everything", rows),), chart=chart
    )


def transcript(name: str, criteria: int) -> Transcript:
    """Of one activity with one competency of so many criteria."""
    first = SAMPLE_TRANSCRIPT.activities[0]
    rows = certificate(name, criteria).competencies[0].criteria
    one = replace(first.competencies[0], criteria=rows)
    activities = (replace(first, competencies=(one,)),)
    return replace(SAMPLE_TRANSCRIPT, person=NAMES[name], activities=activities)


def render(design: str, facts: Printed) -> pdf.Pdf:
    folder = pdf.find_design(design)
    return pdf.render(pdf.load_design(folder), facts, attachment=CREDENTIAL, logo=SAMPLE_LOGO)


@pytest.mark.parametrize("criteria", [1, 40])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("design", [*DESIGNS, "transcript"])
def test_any_name_and_any_rubric(design: str, name: str, criteria: int) -> None:
    facts = (transcript if design == "transcript" else certificate)(name, criteria)
    made = render(design, facts)

    assert made.pages == PAGES[design, criteria] + ((design, name, criteria) in RUN_OVER)
    assert not outside(made.content, sides=14, ends=5)
    assert all(fonts(made.content).values())
    assert 0 not in glyphs(made.content)
    rows = certificate(name, criteria).competencies[0].criteria
    is_read_in_order(made.content, facts, [row.name for row in rows])
    promises(made.content, facts)

    text = text_of(made.content)
    assert "not a licence to practise" in text
    assert f"Criterion {criteria} of a rubric" in text
    if name in {"short", "hostile"}:
        shown = facts.person.replace("\u202e", "").replace(" ", "")
        assert shown in text.replace(" ", "")


def is_read_in_order(content: bytes, facts: Printed, names: list[str]) -> None:
    """What a screen reader meets: one title, tables, pictures that say what they are, in order."""
    tags = structure(content)
    kinds = [kind for kind, _ in tags]
    assert kinds.count("/H1") == 1
    assert kinds.index("/H1") < kinds.index("/Table")
    assert all(alt for kind, alt in tags if kind == "/Figure")
    said = read_aloud(content)
    places = [said.find(words) for words in (facts.issuer, *names)]
    assert -1 not in places
    assert places == sorted(places)
    headers = (said.find(words) for words in ("What was seen", "Criterion", "Level reached"))
    assert any(-1 < place < said.index(names[0]) for place in headers)


def promises(content: bytes, facts: Printed) -> None:
    """What the file says it keeps to, and what it carries."""
    with pikepdf.open(io.BytesIO(content)) as document:
        said = document.Root.Metadata.read_bytes()
        assert b'pdfaid:part="3" pdfaid:conformance="A"' in said
        assert b'pdfuaid:part="1"' in said
        assert b"pdfaExtension:schemas" in said
        assert document.Root.MarkInfo.Marked
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert facts.person.replace("\u202e", "") in str(document.docinfo.Title)
        (associated,) = document.Root.AF
        assert associated.AFRelationship == "/Data"
        assert set(document.attachments) == {"credential.jwt"}
        assert document.attachments["credential.jwt"].get_file().read_bytes() == CREDENTIAL
        assert document.attachments["credential.jwt"].get_file().mime_type == "text/plain"
        assert not {"/OpenAction", "/AA"} & set(document.Root.keys())


@pytest.mark.parametrize("chart", [Chart.RADAR, Chart.NONE])
@pytest.mark.parametrize("design", DESIGNS)
def test_any_chart(design: str, chart: Chart) -> None:
    made = render(design, replace(SAMPLE, chart=chart))
    figures = [alt for kind, alt in structure(made.content) if kind == "/Figure"]
    drawn = [alt for alt in figures if alt.startswith("Chart: the average in each criterion")]
    assert len(drawn) == (chart is Chart.RADAR)
    assert made.pages == PAGES[design, 1]
    assert not outside(made.content, sides=14, ends=5)
    assert "Handover" in text_of(made.content)
    names = [one.name for part in SAMPLE.competencies for one in part.criteria]
    is_read_in_order(made.content, SAMPLE, names)
    assert [alt for alt in figures if alt == "safety-critical"] == ["safety-critical"] * 5


@pytest.mark.parametrize("design", DESIGNS)
def test_all_that_is_known_is_said_in_a_small_file(design: str) -> None:
    made = render(design, SAMPLE)
    text = text_of(made.content)
    for words in (
        "Robin Example",
        "Example School of Medicine",
        "Internship block 2, 2026-27",
        "27 occasions",
        "7 supervisors",
        "Medical ward, Emergency department, Outpatient clinic",
        "14 September",
        "10 December 2026",
        "Dependable or better on average",
        "does it well unprompted",
        "Patient communication 1.2, Teamwork 1.2, Documentation 1.2",
        "11 December 2026",
        "11 December 2029",
        "Alex Example",
        "follow its curriculum of 2024",
        "Prof. Sam Example",
        "Dean of the Medical School",
        "Director of Clinical Education",
        "EXAM-P7EC-ERT2",
        "EXAM-P7E2",
        "rounds.example/verify",
        "It is not a licence to practise and not a qualification.",
    ):
        assert words in text, words
    assert "Logo of Example School of Medicine" in [alt for _, alt in structure(made.content)]
    assert made.pages == {"formal": 2}.get(design, 1)
    assert made.replaced == ""
    assert len(made.content) - len(CREDENTIAL) < 50_000
    assert made == render(design, SAMPLE), "neither clock nor chance takes part"
