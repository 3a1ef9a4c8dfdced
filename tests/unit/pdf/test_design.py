"""Designs: what one of one's own may do, and that nothing gets in or out through it."""

import io
import re
import socket
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont, newTable

from lti_tool import pdf
from lti_tool.domain.certificate import CompetencyFacts, Signatory
from lti_tool.domain.errors import DesignFaulty, DesignLacks
from lti_tool.pdf import SAMPLE, SAMPLE_LOGO
from lti_tool.pdf.template import SHARED
from tests.certificates import FACTS, criterion
from tests.unit.pdf.designs import DESIGNS, STANDARD, write
from tests.unit.pdf.pictures import picture
from tests.unit.pdf.reading import glyphs, structure, text_of


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


@pytest.mark.parametrize("name", DESIGNS)
def test_hostile_text_is_shown_and_does_nothing(name: str, listener: socket.socket) -> None:
    design = pdf.load_design(pdf.find_design(name))
    texts = hostile(listener.getsockname()[1])
    rows = tuple(replace(criterion("x"), name=text, level_name=text) for text in texts)
    for text in texts:
        facts = replace(
            SAMPLE,
            person=text,
            issuer=text,
            course=text,
            activity=text,
            settings=(text, *texts),
            signed_off_by=text,
            wording=text,
            signatories=(Signatory(text, text),),
            competencies=(CompetencyFacts(text, "1", 1, 1, rows),),
        )
        made = pdf.render(design, facts)
        written = text_of(made.content).replace(" ", "")
        assert all(one.replace(" ", "") in written for one in texts)
        with pikepdf.open(io.BytesIO(made.content)) as document:
            assert not document.attachments
            assert "/Names" not in document.Root
            assert b"root:" not in b"".join(page.Contents.read_bytes() for page in document.pages)
        if name != "standard":
            break
    with pytest.raises(TimeoutError):
        listener.accept()


# -- What a school gives -------------------------------------------------------------------------


def test_a_design_that_needs_more_than_there_is_makes_nothing(own: Path) -> None:
    about = own / "design.yaml"
    about.write_text(about.read_text("utf-8") + "needs: [logo, wording, signatories]\n", "utf-8")
    design = pdf.load_design(own)
    assert design.lacking(logo=None, wording="w", signatories=()) == ("logo", "signatories")
    with pytest.raises(DesignLacks, match="needs: logo, wording, signatories"):
        pdf.render(design, FACTS)
    with pytest.raises(DesignLacks, match=r"needs: logo$"):
        pdf.render(design, SAMPLE)
    assert pdf.render(design, SAMPLE, logo=SAMPLE_LOGO).pages == 1


def test_a_picture_keeps_to_what_archives_take(own: Path) -> None:
    write(own, '<img alt="Logo" src="{{ logo }}" style="image-rendering: auto">')
    made = pdf.render(pdf.load_design(own), FACTS, logo=pdf.check_logo(picture("PNG", "RGBA")))
    with pikepdf.open(io.BytesIO(made.content)) as document:
        (image,) = document.pages[0].get_images().values()
        assert not image.Interpolate
        assert image.ColorSpace == "/DeviceRGB"
        assert "/SMask" not in image


def test_what_all_designs_share_is_all_that_is_shared(own: Path) -> None:
    write(own, '{% from "parts.html" import check_it with context %}{{ check_it() }}')
    (own / "certificate.css").write_text("@import url(rounds:fonts.css)", "utf-8")
    assert "R7KD-4QXM-29TB" in text_of(pdf.render(pdf.load_design(own), FACTS).content)
    for body in (
        '<img alt="x" src="rounds:../standard/design.yaml">',
        '<img alt="x" src="rounds:/etc/passwd">',
        '<img alt="x" src="rounds://host/fonts.css">',
        '<img alt="x" src="rounds:strips/half">',
        '{% include "../standard/certificate.html" %}',
    ):
        write(own, body)
        with pytest.raises(DesignFaulty):
            pdf.render(pdf.load_design(own), FACTS)


def test_a_strip_has_its_dot_where_the_average_is_and_none_for_what_nobody_saw(own: Path) -> None:
    write(
        own,
        "{% for x in (0, 500, none) %}"
        '<p style="height: 3mm; background: url({{ x | strip }}) no-repeat"></p>{% endfor %}',
    )
    made = pdf.render(pdf.load_design(own), FACTS)
    with pikepdf.open(io.BytesIO(made.content)) as document:
        drawn = [one.read_bytes() for one in document.pages[0].Resources.XObject.values()]
    dots = [re.findall(rb"([\d.-]+) 4.8 m\n\S+ \S+ \S+ \S+ \S+ 9.6 c", one) for one in drawn]
    assert dots == [[b"4.8"], [b"80.8"], []], "x counts thousandths of 152, the radius is 4.8"


@pytest.mark.parametrize("name", ["", "..", "shared", "standard/../formal", "/etc", "none"])
def test_only_a_design_is_found_by_its_name(name: str) -> None:
    with pytest.raises(DesignFaulty, match="no design"):
        pdf.find_design(name)


# -- Letters that no font has --------------------------------------------------------------------

SVG = "http://www.w3.org/2000/svg"
NO_FONT = "\U0003134a"
"""A Chinese character that few fonts have; a private letter is one that PDF/A-3a cannot hold."""
PRIVATE = "\ue123"


def test_a_letter_that_no_font_has_is_a_box_and_the_title_keeps_it() -> None:
    person = f"Tenzin\U000e0101 {NO_FONT}"
    made = pdf.render(pdf.load_design(STANDARD), replace(FACTS, person=person))
    assert made.replaced == NO_FONT
    assert "Tenzin \u25a1" in text_of(made.content)
    assert 0 not in glyphs(made.content)
    with pikepdf.open(io.BytesIO(made.content)) as document:
        assert str(document.docinfo.Title).endswith(person)


def test_a_letter_that_means_nothing_to_others_is_a_box_even_where_a_font_has_it() -> None:
    made = pdf.render(pdf.load_design(STANDARD), replace(FACTS, person=f"Li {PRIVATE}"))
    assert "Li \u25a1 met this" in text_of(made.content)


def test_a_design_of_another_font_shows_a_question_mark(own: Path) -> None:
    (own / "certificate.css").write_text("h1 { font-family: serif }", "utf-8")
    made = pdf.render(pdf.load_design(own), replace(FACTS, person=f"Li {NO_FONT}"))
    assert made.replaced
    assert 0 not in glyphs(made.content)


def test_a_font_of_pictures_is_as_none(own: Path) -> None:
    """As the emoji of a desktop are: their widths are not what archives take."""
    with TTFont(SHARED / "fonts" / "SourceSans3-Regular.ttf.woff2") as font:
        font["SVG "] = pictures = newTable("SVG ")
        number = font.getGlyphID(font.getBestCmap()[ord("\u0416")])
        pictures.docList = [(f'<svg xmlns="{SVG}"><g id="glyph{number}"/></svg>', number, number)]
        font.flavor = None
        font.save(own / "pictures.ttf")
    face = "@font-face { font-family: Pictures; src: url(pictures.ttf) } "
    (own / "certificate.css").write_text(face + "h1 { font-family: Pictures }", "utf-8")
    made = pdf.render(pdf.load_design(own), replace(FACTS, person="Li \u0416"))
    assert made.replaced == "\u0416"
    assert text_of(made.content) == "Li ?"
