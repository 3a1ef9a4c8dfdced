"""Designs: what one of one's own may do, and that nothing gets in or out through it."""

import io
import socket
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from lti_tool import pdf
from lti_tool.domain.certificate import CompetencyFacts
from lti_tool.domain.errors import DesignFaulty
from lti_tool.pdf import Design
from tests.certificates import FACTS, criterion
from tests.unit.pdf.designs import write
from tests.unit.pdf.reading import structure, text_of


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
