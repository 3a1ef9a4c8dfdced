"""Where the shipped designs lie, and how a test writes one of its own."""

from pathlib import Path

from lti_tool import pdf

STANDARD = pdf.find_design("standard")
DESIGNS = ("formal", "record", "standard")


def write(folder: Path, body: str) -> None:
    """The template of a design, around this body."""
    page = f'<html lang="{{{{ lang }}}}"><title>For {{{{ person }}}}</title><body>{body}'
    (folder / "certificate.html").write_text(page, "utf-8")
