"""A design of a school's own, the smallest that there can be, as it lies in a folder of theirs."""

from pathlib import Path

ABOUT = """title: {title}
version: "1"
paper: A4
first_page_rows: 9
"""
PAGE = """<html lang="{{ lang }}"><title>For {{ person }}</title>
<h1>{{ person }}</h1><p>By the school's own design.</p>
"""


def own_design(home: Path, name: str = "northgate", title: str = "Northgate") -> Path:
    """A design in a folder of designs."""
    folder = home / name
    folder.mkdir(parents=True)
    (folder / "design.yaml").write_text(ABOUT.format(title=title), "utf-8")
    (folder / "certificate.css").write_text("h1 { color: navy }", "utf-8")
    (folder / "certificate.html").write_text(PAGE, "utf-8")
    return folder
