"""Where the shipped design lies, and how a test writes one of its own."""

from pathlib import Path

from lti_tool import shipped

STANDARD = shipped.folder("templates") / "designs" / "standard"


def write(folder: Path, body: str) -> None:
    """The template of a design, around this body."""
    page = f'<html lang="{{{{ lang }}}}"><title>For {{{{ person }}}}</title><body>{body}'
    (folder / "certificate.html").write_text(page, "utf-8")
