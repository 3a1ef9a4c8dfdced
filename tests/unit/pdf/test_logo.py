"""Logos: what may be one, and what is left of it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from lti_tool import pdf
from lti_tool.domain.errors import LogoFaulty, LogoTooLarge
from lti_tool.pdf import SAMPLE_LOGO
from lti_tool.pdf.logo import LARGEST_BYTES
from tests.certificates import FACTS
from tests.unit.pdf.designs import write
from tests.unit.pdf.pictures import drawing, picture

PATH = '<path d="M0 0h9v9z"/>'
BILLION = (
    '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>&b;</title></svg>'
)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
    + [("JPEG", mode) for mode in ("L", "RGB", "CMYK")],
)
def test_a_picture_of_points_is_drawn_anew(kind: str, mode: str) -> None:
    logo = pdf.check_logo(picture(kind, mode, size=(2000, 1000)))
    assert logo.media_type == f"image/{kind.lower()}"
    with Image.open(io.BytesIO(logo.content)) as drawn:
        assert (drawn.mode, drawn.size, drawn.format) == ("RGB", (640, 320), kind)


def test_of_a_camera_s_two_pictures_in_one_file_the_first_is_taken() -> None:
    second = Image.new("RGB", (90, 60), "red")
    logo = pdf.check_logo(picture("MPO", save_all=True, append_images=[second]))
    assert logo.media_type == "image/jpeg"
    with Image.open(io.BytesIO(logo.content)) as drawn:
        assert drawn.format == "JPEG"


def test_what_else_a_picture_holds_is_lost() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at the bedside"
    logo = pdf.check_logo(picture("JPEG", exif=exif) + b"<script>1</script>")
    assert b"bedside" not in logo.content
    assert b"script" not in logo.content


def test_what_was_transparent_is_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(file, "PNG")
    with Image.open(io.BytesIO(pdf.check_logo(file.getvalue()).content)) as drawn:
        assert drawn.getpixel((0, 0)) == (255, 255, 255)


def test_a_drawing_keeps_its_shapes_and_loses_what_editors_noted(own: Path) -> None:
    noted = (
        '<metadata><a xmlns="urn:x">me</a></metadata><b xmlns="urn:editor" href="http://x/"/>'
        "<!-- mine --><?xml-stylesheet href='http://127.0.0.1/'?>"
    )
    style = "<style>.a{fill:#0b5a5e}</style>"
    gradient = '<linearGradient id="g"/><rect width="9" height="9" fill="url(#g)"/>'
    logo = pdf.check_logo(b"\xef\xbb\xbf" + drawing(f"{noted}{style}{gradient}{PATH}"))
    assert logo.media_type == "image/svg+xml"
    for word in (b"editor", b"mine", b"127.0.0.1", b"metadata"):
        assert word not in logo.content
    assert b"M0 0h9v9z" in logo.content
    assert b"url(#g)" in logo.content
    write(own, '<img alt="Logo" src="{{ logo }}">')
    assert pdf.render(pdf.load_design(own), FACTS, logo=logo).pages == 1


def test_the_sample_would_be_taken_as_a_logo() -> None:
    assert b"M32 3 58 12v19" in pdf.check_logo(SAMPLE_LOGO.content).content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"GIF89a" + bytes(40),
        b"%PDF-1.7",
        picture("PNG")[:60],
        picture("PNG")[:33] + picture("PNG")[-12:],  # a head and an end
        picture("GIF", "L"),
        picture("TIFF"),
        b"<html><svg xmlns='http://www.w3.org/2000/svg'/></html>",
        b"<svg",
        b"<svg viewBox='0 0 9 9'/>",
        drawing(PATH, ""),
        drawing(PATH, 'viewBox="a b c d"'),
        drawing(PATH, 'viewBox="0 0 9"'),
        drawing(PATH, 'viewBox="0 0 nan inf" width="9" height="9"'),
        drawing(f'<svg viewBox="0,0,9" width="9" height="9">{PATH}</svg>'),
        BILLION.encode(),
        BILLION.encode("utf-16"),
        drawing("<script>fetch('/')</script>"),
        drawing(f'<path d="M0 0" onload="x()"/>{PATH}'),
        drawing('<image href="http://127.0.0.1/"/>'),
        drawing('<a href="https://x/"><path d="M0 0"/></a>'),
        drawing('<path x:href="http://x/"/>'),
        drawing('<use x:href="#a"/>'),
        drawing("<foreignObject/>"),
        drawing('<script xmlns="http://www.w3.org/1999/xhtml">1</script>'),
        drawing("<style>@import 'http://x/'</style>"),
        drawing("<style>a{fill:url( 'http://x/' )}</style>"),
        drawing('<rect fill="url(http://x/)"/>'),
        drawing('<rect style="fill:ur\\6c(http://x/)"/>'),
        drawing("<animate/>"),
    ],
)
def test_what_is_no_logo_is_refused(content: bytes) -> None:
    with pytest.raises(LogoFaulty):
        pdf.check_logo(content)


@pytest.mark.parametrize(
    "content",
    [
        bytes(50_000_000),
        bytes(LARGEST_BYTES + 1),
        picture("PNG", "1", (4000, 4000)),
        picture("PNG", "1", (20_000, 10_000)),
        drawing(PATH * 10_000),
        drawing("<g/>" * 3100),
        drawing("<g>" * 900 + "</g>" * 900),
    ],
    ids=["50-megabytes", "bytes", "points", "bomb", "drawing", "shapes", "depth"],
)
def test_what_is_too_large_is_refused(content: bytes) -> None:
    with pytest.raises(LogoTooLarge):
        pdf.check_logo(content)
