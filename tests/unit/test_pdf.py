"""The certificate as a file: what it says, how it is tagged, and that nothing gets in or out."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from gettext import NullTranslations
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from lti_tool import pdf, shipped
from lti_tool.domain.certificate import CompetencyFacts, StandardFacts
from lti_tool.domain.errors import DesignFaulty, FactsFaulty, RenderFailed
from lti_tool.pdf import Design
from tests.certificates import FACTS, competency, criterion

STANDARD = shipped.folder("templates") / "designs" / "standard"
LIMITS = {"seconds": 60, "megabytes": 1024}


@pytest.fixture(scope="module")
def design() -> Design:
    return pdf.load_design(STANDARD)


@pytest.fixture(scope="module")
def rendered(design: Design) -> pdf.Pdf:
    return pdf.render(design, FACTS)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A design of one's own, the smallest that there can be."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "design.yaml").write_text(
        'title: Own\nversion: "1"\npaper: A4\nfirst_page_rows: 9\n', "utf-8"
    )
    (folder / "certificate.css").write_text("h1 { color: navy }", "utf-8")
    write(folder, "<h1>{{ person }}</h1>")
    return folder


def write(folder: Path, body: str) -> None:
    page = f'<html lang="{{{{ lang }}}}"><title>For {{{{ person }}}}</title><body>{body}'
    (folder / "certificate.html").write_text(page, "utf-8")


def text_of(content: bytes) -> str:
    """All that is written in a PDF, on one line."""
    document = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return " ".join(text.replace("\ufffe", "-").replace("\u2019", "'").split())


def structure(content: bytes) -> list[tuple[str, str]]:
    """The tags of a PDF in reading order, each with its alternative text."""
    found = []

    def walk(element: pikepdf.Object) -> None:
        if isinstance(element, pikepdf.Array):
            for child in element:
                walk(child)
        elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
            found.append((str(element.S), str(element.get("/Alt", ""))))
            walk(element.get("/K", pikepdf.Array()))

    with pikepdf.open(io.BytesIO(content)) as document:
        walk(document.Root.StructTreeRoot.K)
    return found


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


def test_the_same_facts_make_the_same_bytes(design: Design, rendered: pdf.Pdf) -> None:
    again = pdf.render_in_process(design, FACTS, **LIMITS)
    assert again == rendered


def test_stored_facts_come_back_as_they_were() -> None:
    import json

    stored = json.loads(json.dumps(pdf.dump_facts(FACTS)))
    assert pdf.load_facts(stored) == FACTS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person", ""),
        ("person", "\u202e"),
        ("code", "R7KD"),
        ("verify_url", "javascript:alert(1)"),
        ("occasions", 0),
        ("competencies", []),
        ("first", "yesterday"),
        ("surprise", "more"),
    ],
)
def test_facts_that_cannot_be_printed_are_refused(field: str, value: object) -> None:
    with pytest.raises(FactsFaulty, match=field):
        pdf.load_facts(pdf.dump_facts(FACTS) | {field: value})


# -- Names ---------------------------------------------------------------------------------------


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


def hostile(port: int) -> list[str]:
    at = f"http://127.0.0.1:{port}"
    return [
        "<img src=file:///etc/passwd>",
        f"<img src={at}/a>",
        "<link rel=attachment href=file:///etc/passwd>",
        f"<style>body{{background:url({at}/b)}}</style>",
        f"x\"><svg><image href='{at}/c'/></svg>",
        f"url({at}/d)",
        f"@import url({at}/e);",
        "{{7*7}}{% for x in range(9) %}",
        "</title></head><h1>&lt;b&gt;",
        "=cmd()|' /C calc'!A0",
    ]


def test_hostile_text_is_shown_and_does_nothing(design: Design, listener: socket.socket) -> None:
    for text in hostile(listener.getsockname()[1]):
        facts = replace(FACTS, person=text, issuer=text, course=text, activity=text)
        rows = (replace(criterion("x"), name=text, level_name=text),)
        facts = replace(facts, competencies=(CompetencyFacts(text, "1", 1, 1, rows),))
        made = pdf.render(design, facts)
        assert text.replace(" ", "") in text_of(made.content).replace(" ", "")
        with pikepdf.open(io.BytesIO(made.content)) as document:
            assert not document.attachments
            assert "/Names" not in document.Root
            assert b"root:" not in b"".join(page.Contents.read_bytes() for page in document.pages)
    with pytest.raises(TimeoutError):
        listener.accept()


# -- Designs -------------------------------------------------------------------------------------


def test_a_design_of_ones_own_renders(own: Path) -> None:
    (own / "mark.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9"/>', "utf-8")
    write(own, '<h1>{{ person }}</h1><img alt="Mark" src="mark.svg">')
    made = pdf.render(pdf.load_design(own), FACTS)
    assert "Amara Okafor" in text_of(made.content)
    assert ("/Figure", "Mark") in structure(made.content)


@pytest.mark.parametrize(
    "body",
    [
        "{{ hospital }}",
        "{{ person.signatory }}",
        "{% if first.nothing %}{% endif %}",
        "{{ competencies[9].title }}",
        "{{ person.__class__.__mro__ }}",
        "{% for x in range(10**9) %}{% endfor %}",
        "{% include 'x.html' %}",
        "{{ 1 / 0 }}",
    ],
)
def test_a_template_that_asks_for_more_is_refused_before_issue(own: Path, body: str) -> None:
    write(own, body)
    with pytest.raises(DesignFaulty, match="own"):
        pdf.render(pdf.load_design(own), FACTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("certificate.html", None),
        ("certificate.html", "{% if %}"),
        ("certificate.html", "{{ hospital }}"),
        ("design.yaml", "title: Own"),
        ("design.yaml", "title: [Own"),
        ("design.yaml", "- a list"),
        ("certificate.css", None),
    ],
)
def test_a_faulty_folder_is_refused_when_it_is_read(
    own: Path, name: str, content: str | None
) -> None:
    (own / name).unlink()
    if content is not None:
        (own / name).write_text(content, "utf-8")
    with pytest.raises(DesignFaulty, match="own"):
        pdf.load_design(own)


def test_a_page_without_a_title_is_refused(own: Path) -> None:
    (own / "certificate.html").write_text("<h1>{{ person }}</h1>", "utf-8")
    with pytest.raises(DesignFaulty, match="title"):
        pdf.render(pdf.load_design(own), FACTS)


def test_a_design_reaches_nothing_outside_its_folder(own: Path, listener: socket.socket) -> None:
    (own.parent / "secret.svg").write_text("<svg/>", "utf-8")
    (own / "link.svg").symlink_to(own.parent / "secret.svg")
    at = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for body in (
        '<img alt="x" src="../secret.svg">',
        '<img alt="x" src="%2e%2e/secret.svg">',
        '<img alt="x" src="link.svg">',
        '<img alt="x" src="file:///etc/hostname">',
        f'<img alt="x" src="{at}/">',
        f'<link rel="stylesheet" href="{at}/a.css">',
        f"<style>@import url({at}/b.css)</style>",
        f"<style>@font-face {{ font-family: x; src: url({at}/c.woff) }}</style>",
        '<link rel="attachment" href="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">x</a>',
        f'<img alt="x" src="ftp://127.0.0.1:{listener.getsockname()[1]}/">',
    ):
        write(own, body)
        with pytest.raises(DesignFaulty):
            pdf.render(pdf.load_design(own), FACTS)
    with pytest.raises(TimeoutError):
        listener.accept()


# -- Limits --------------------------------------------------------------------------------------


def endless(own: Path) -> Design:
    loop = "{% for x in range(9999) %}"
    write(own, f"{loop}{loop}x{{% endfor %}}{{% endfor %}}")
    return pdf.load_design(own)


def test_a_design_that_takes_too_long_is_ended(own: Path, design: Design) -> None:
    with pytest.raises(RenderFailed, match="too long"):
        pdf.render_in_process(endless(own), FACTS, seconds=0.2, megabytes=1024)
    assert pdf.render_in_process(design, FACTS, **LIMITS).pages == 1


def test_a_design_that_eats_memory_is_ended(own: Path) -> None:
    with pytest.raises(RenderFailed, match="broke off"):
        pdf.render_in_process(endless(own), FACTS, seconds=60, megabytes=256)


def test_a_design_that_breaks_the_layout_fails_by_name(own: Path) -> None:
    write(own, "<div>" * 900)
    with pytest.raises(RenderFailed, match="RecursionError"):
        pdf.render_in_process(pdf.load_design(own), FACTS, **LIMITS)


def test_refusals_come_back_from_the_child_as_they_were(own: Path, design: Design) -> None:
    write(own, "{{ person.signatory }}")
    with pytest.raises(DesignFaulty, match="signatory"):
        pdf.render_in_process(pdf.load_design(own), FACTS, **LIMITS)
    with pytest.raises(FactsFaulty, match="person"):
        pdf.render_in_process(design, replace(FACTS, person=""), **LIMITS)


def test_the_child_gets_no_secret_of_ours() -> None:
    from lti_tool.pdf.process import _PASSED_ON

    assert not [name for name in _PASSED_ON if name.startswith(("ROUNDS", "DATABASE", "PG"))]


# -- Where pango is missing ----------------------------------------------------------------------

WITHOUT_PANGO = """
import cffi
real = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if "pangoft2" in str(name):
        raise OSError(f"cannot load library '{name}': no such file")
    return real(self, name, flags)
cffi.FFI.dlopen = dlopen
from lti_tool import pdf
print(*pdf.available(), sep="\\n")
"""


def test_without_pango_it_says_what_to_install() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_PANGO],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    answer, why = ran.stdout.splitlines()
    assert answer == "False"
    assert why.startswith("certificates off: missing libpangoft2-1.0-0.")
    assert "apt-get install" in why


def test_with_pango_it_is_available() -> None:
    assert pdf.available() == (True, "")
