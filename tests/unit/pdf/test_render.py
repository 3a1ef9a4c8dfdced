"""The certificate as a file: what it says, how it is tagged, and that any name fits."""

import io
from dataclasses import replace
from datetime import date
from gettext import NullTranslations

import pikepdf
import pypdfium2
import pytest

from lti_tool import pdf
from lti_tool.domain.certificate import StandardFacts
from lti_tool.pdf import Design
from tests.certificates import FACTS, competency, criterion
from tests.unit.pdf.reading import structure, text_of

# -- What it says --------------------------------------------------------------------------------


def test_it_says_what_was_seen_and_nothing_else(rendered: pdf.Pdf) -> None:
    text = text_of(rendered.content)
    for words in (
        "Northgate School of Medicine",
        "Amara Okafor met this course's standard in three clinical competencies, seen in practice"
        " on 27 occasions by 7 supervisors between 14 September and 10 December 2026.",
        "As part of Internship block 2, 2026-27",
        "Explaining and checking understanding Dependable 3.5 7 of 8 4",
        "Connection and respect Developing 2.9",
        "Sensitive and difficult conversations twice",
        "at least 8 assessments by at least 3 supervisors",
        "no criterion below Developing",
        "Patient communication 1.2, Teamwork 1.2, Documentation 1.2.",
        "Issued on 11 December 2026 by",
        "Check it at rounds.northgate.example/verify",
        "Code R7KD-4QXM-29TB",
        "Holder's key HM47-2QWX",
        "It is not a licence to practise and not a qualification.",
    ):
        assert words in text
    for unknown in ("Hospital", "physician", "seal", "None", "{{"):
        assert unknown not in text


def test_one_of_each_is_worded_as_one(design: Design) -> None:
    one = replace(
        FACTS,
        competencies=(replace(FACTS.competencies[1], occasions=1, supervisors=1),),
        occasions=1,
        supervisors=1,
        last=FACTS.first,
        standard=StandardFacts(1, 1, 1, "Dependable", flags=False),
    )
    text = text_of(pdf.render(design, one).content)
    assert "in one clinical competency, seen in practice on 1 occasion by 1 supervisor" in text
    assert "on 14 September 2026." in text
    assert "at least 1 assessment by at least 1 supervisor; every criterion seen at least once" in (
        text
    )
    assert "concern" not in text


def test_what_was_never_observed_has_no_level(design: Design) -> None:
    unseen = replace(
        criterion("Handover"),
        dependable_or_better=0,
        seen=0,
        supervisors=0,
        level_value=None,
        level_name=None,
        mean=None,
        x=None,
    )
    facts = replace(FACTS, competencies=(replace(FACTS.competencies[1], criteria=(unseen,)),))
    text = text_of(pdf.render(design, facts).content)
    assert "Handover Not observed 0" in text


def test_years_and_other_bars_are_named_where_they_differ(design: Design) -> None:
    formative = replace(FACTS.competencies[2], met=False)
    facts = replace(
        FACTS,
        first=date(2025, 12, 1),
        competencies=(*FACTS.competencies[:2], formative),
        standard=replace(FACTS.standard, max_share=40),
    )
    text = text_of(pdf.render(design, facts).content)
    assert "between 1 December 2025 and 10 December 2026" in text
    assert "no supervisor writing more than 40 %" in text
    assert "in two clinical competencies" in text


def test_every_text_goes_through_the_translation(design: Design) -> None:
    class Shouting(NullTranslations):
        def gettext(self, message: str) -> str:
            return message.replace("September", "septembre").replace("What was seen", "Vu")

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return msgid2.replace("occasions", "fois")

    made = pdf.render(design, FACTS, lang="fr", translations=Shouting())
    text = text_of(made.content)
    assert "27 fois" in text
    assert "14 septembre" in text
    assert "Vu" in text
    with pikepdf.open(io.BytesIO(made.content)) as document:
        assert document.Root.Lang == "fr"


# -- How it is made ------------------------------------------------------------------------------


def test_a_screen_reader_finds_its_way(rendered: pdf.Pdf) -> None:
    with pikepdf.open(io.BytesIO(rendered.content)) as document:
        root = document.Root
        assert root.MarkInfo.Marked
        assert root.Lang == "en"
        assert root.ViewerPreferences.DisplayDocTitle
        assert str(document.docinfo.Title).endswith("competencies: Amara Okafor")
        assert document.docinfo.Author == "Northgate School of Medicine"
        assert b"<rdf:Description" in root.Metadata.read_bytes()
        assert b'pdfuaid:part="1"' in root.Metadata.read_bytes()
    tags = structure(rendered.content)
    kinds = [kind for kind, _ in tags]
    assert kinds.count("/H1") == 1
    assert kinds.count("/Table") == 1
    assert kinds.index("/H1") < kinds.index("/Table") < kinds.index("/H2")
    figures = [alt for kind, alt in tags if kind == "/Figure"]
    assert "QR code: check this certificate" in figures
    assert set(figures) == {"QR code: check this certificate", "safety-critical"}


def test_fonts_are_embedded_and_ours(rendered: pdf.Pdf) -> None:
    with pikepdf.open(io.BytesIO(rendered.content)) as document:
        fonts = [
            font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else None
            for page in document.pages
            for font in page.Resources.Font.values()
        ]
        assert fonts
        for descriptor in fonts:
            assert descriptor is not None
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys())
            assert "Cert-S" in str(descriptor.FontName)


def test_eighteen_criteria_fit_on_one_page(rendered: pdf.Pdf) -> None:
    assert sum(len(part.criteria) for part in FACTS.competencies) == 18
    assert rendered.pages == 1
    assert len(rendered.content) < 60_000


@pytest.mark.parametrize(
    ("settings", "course"),
    [
        (("Admissions unit", "Outpatient clinic", "Discharge lounge") * 2, "Internship block 2"),
        (("Ward 6",), "Internship of the sixth year, second half, autumn and winter term 2026/27"),
    ],
)
def test_they_fit_with_many_places_and_a_long_course(
    design: Design, settings: tuple[str, ...], course: str
) -> None:
    assert pdf.render(design, replace(FACTS, settings=settings, course=course)).pages == 1


@pytest.mark.parametrize("rows", [19, 40])
def test_more_criteria_have_a_page_of_their_own(design: Design, rows: int) -> None:
    names = tuple(f"Criterion {row}" for row in range(1, rows + 1))
    made = pdf.render(design, replace(FACTS, competencies=(competency("Everything", names),)))
    assert made.pages == 2
    with pypdfium2.PdfDocument(made.content) as document:
        first, second = (page.get_textpage().get_text_bounded() for page in document)
    assert f"Criterion {rows}" not in first
    assert "not a qualification" in first
    assert all(name in second for name in names)
    assert "R7KD-4QXM-29TB" in second


def test_a_page_that_would_run_over_is_laid_out_anew(design: Design) -> None:
    made = pdf.render(design, replace(FACTS, person="x" * 200))
    assert made.pages == 2
    with pypdfium2.PdfDocument(made.content) as document:
        first = document[0].get_textpage().get_text_bounded()
    assert "not a qualification" in first
    assert "Handover" not in first


@pytest.mark.parametrize(
    ("person", "pages"),
    [
        ("X", 1),
        ("Ewa Zielińska-Ştefănescu", 1),
        ("\u0639\u0645\u0631 \u062e\u064a\u0627\u0645", 1),
        ("\u738b\u5c0f\u660e", 1),
        ("\U0001f469\u200d\u2695\ufe0f Doc \U0001f600", 1),
        ("Maria-Magdalena Konstantinopolitańska de la Fuente " * 4, 2),
        ("x" * 200, 2),
    ],
)
def test_any_name_fits(design: Design, person: str, pages: int) -> None:
    made = pdf.render(design, replace(FACTS, person=person))
    assert made.pages <= pages
    first = person.split()[0]
    if first.isascii() and len(first) < 60:
        assert first in text_of(made.content)
    with pikepdf.open(io.BytesIO(made.content)) as document:
        assert " ".join(person.split()) in str(document.docinfo.Title)
