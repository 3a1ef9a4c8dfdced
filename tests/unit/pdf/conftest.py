"""The design that is shipped, one of one's own, and a socket at which nobody should knock."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_tool import pdf
from lti_tool.pdf import Design
from tests.certificates import FACTS
from tests.unit.pdf.designs import STANDARD, write


@pytest.fixture(scope="session")
def design() -> Design:
    return pdf.load_design(STANDARD)


@pytest.fixture(scope="session")
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
