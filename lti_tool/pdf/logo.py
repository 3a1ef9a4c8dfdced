"""The logo of a school: what may be one, and how certificates show it.

A picture from outside is never kept as it came. Points are drawn anew, in red, green and blue on
white, without whatever else the file held; a drawing keeps its shapes and loses what editors noted.
"""

import base64
import io
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree  # declarations, and so entities, are refused first

from PIL import Image

from lti_tool.domain.errors import LogoFaulty, LogoTooLarge

LARGEST_BYTES = 2_000_000
LARGEST_DRAWING_BYTES = 200_000
LARGEST_POINTS = 12_000_000
_KEPT_POINTS = 640
"""Of the longer side: 40 mm at 400 points an inch."""
_MOST_SHAPES = 3000
_DEEPEST = 30

_SVG = "http://www.w3.org/2000/svg"
_SHAPES = frozenset(
    "svg g defs title desc style path rect circle ellipse line polyline polygon text tspan"
    " linearGradient radialGradient stop clipPath mask".split()
)
_FOREIGN_PAGE = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that certificates can show; one from outside goes through `check_logo` first."""

    content: bytes
    media_type: str
    """image/png, image/jpeg or image/svg+xml."""

    @property
    def address(self) -> str:
        """The picture itself, as a `data:` address."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"


def check_logo(content: bytes) -> Logo:
    """The logo in a file of somebody's, made fit for certificates: PNG, JPEG or SVG.

    Raises LogoTooLarge for more than LARGEST_BYTES, or LARGEST_POINTS in a picture of points.
    Raises LogoFaulty for all that is no such picture, and for a drawing with scripts, links,
    pictures in it or anything to be fetched.
    """
    if len(content) > LARGEST_BYTES:
        raise LogoTooLarge(f"more than {LARGEST_BYTES} bytes")
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return _drawing(content) if start.startswith(b"<") else _points(content)


def _points(content: bytes) -> Logo:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            _open(content).verify()
            picture = _open(content)
            if picture.width * picture.height > LARGEST_POINTS:
                raise LogoTooLarge(f"{picture.width} by {picture.height} points")
            # A camera's JPEG with a second picture behind the first has a format of its own.
            kind = "PNG" if picture.format == "PNG" else "JPEG"
            drawn = _on_white(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoTooLarge(str(error)) from None
    except (OSError, ValueError, SyntaxError, IndexError) as error:
        raise LogoFaulty(f"it cannot be read as a picture ({type(error).__name__})") from None
    drawn.thumbnail((_KEPT_POINTS, _KEPT_POINTS))
    saved = io.BytesIO()
    drawn.save(saved, kind, optimize=True, **{"quality": 88} if kind == "JPEG" else {})
    return Logo(saved.getvalue(), f"image/{kind.lower()}")


def _open(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, palette, profile and CMYK, none of which every reader shows alike."""
    if picture.mode in {"RGB", "L", "CMYK"} and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _drawing(content: bytes) -> Logo:
    if len(content) > LARGEST_DRAWING_BYTES:
        raise LogoTooLarge(f"{len(content)} bytes of a drawing")
    # In another encoding a declaration would go by unseen.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"\x00" in content:
        raise LogoFaulty("a drawing with declarations")
    try:
        root = ElementTree.fromstring(content.decode())  # noqa: S314  # see the import
    except (ElementTree.ParseError, ValueError) as error:
        raise LogoFaulty(f"no drawing: {type(error).__name__}") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise LogoFaulty("no drawing: its root is no <svg>")
    if not ("viewBox" in root.attrib or {"width", "height"} <= set(root.attrib)):
        raise LogoFaulty("a drawing without a size")
    if not all(_is_box(one.attrib["viewBox"]) for one in root.iter() if "viewBox" in one.attrib):
        raise LogoFaulty("a drawing with a viewBox that is none")
    if sum(1 for _ in root.iter()) > _MOST_SHAPES:
        raise LogoTooLarge(f"more than {_MOST_SHAPES} shapes")
    _keep_shapes(root, 1)
    ElementTree.register_namespace("", _SVG)
    return Logo(ElementTree.tostring(root), "image/svg+xml")


def _is_box(text: str) -> bool:
    """Whether it is four numbers, the last two a size. WeasyPrint 70 breaks off over others."""
    try:
        x, y, width, height = map(float, text.replace(",", " ").split())
    except ValueError:
        return False
    return all(map(math.isfinite, (x, y, width, height))) and min(width, height) > 0


def _keep_shapes(element: ElementTree.Element, depth: int) -> None:
    """Drop what editors noted, and refuse what would do more than be drawn."""
    if depth > _DEEPEST:
        raise LogoTooLarge("shapes within shapes within shapes")
    for child in list(element):
        space, _, name = str(child.tag).rpartition("}")
        if space.removeprefix("{") not in {_SVG, _FOREIGN_PAGE} or name == "metadata":
            element.remove(child)
        elif space != f"{{{_SVG}" or name not in _SHAPES:
            raise LogoFaulty(f"a drawing with <{name}>")
        else:
            _keep_shapes(child, depth + 1)
    for name in [name for name in element.attrib if name.startswith("{")]:
        if name.endswith("}href"):
            raise LogoFaulty("a drawing with links")
        del element.attrib[name]
    for text in _told(element):
        _refuse_more_than_looks(text)


def _told(element: ElementTree.Element) -> Iterator[str]:
    """What says how an element looks, and what it is to do."""
    for name, value in element.attrib.items():
        if name.lower().startswith("on") or name == "href":
            raise LogoFaulty(f"a drawing with {name}=")
        yield value
    if str(element.tag).endswith("}style"):
        yield element.text or ""


def _refuse_more_than_looks(text: str) -> None:
    """Nothing but a part of the drawing itself may be named, and not in disguise."""
    addresses = re.findall(r"url\(\s*['\"]?\s*(.)?", text, re.I)
    if any(start != "#" for start in addresses) or re.search(r"@|\\|javascript:", text, re.I):
        raise LogoFaulty("a drawing that asks for other files")
