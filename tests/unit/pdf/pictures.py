"""Pictures that somebody might give as a logo."""

import io
from typing import Any

from PIL import Image


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (90, 60), **how: Any) -> bytes:
    """A picture of points, of a `kind` and a `mode` that Pillow knows."""
    file = io.BytesIO()
    Image.new(mode, size, None if mode == "P" else 40).save(file, kind, **how)
    return file.getvalue()


def drawing(inside: str, attributes: str = 'viewBox="0 0 9 9"') -> bytes:
    """An SVG with this inside."""
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"'
    return f"<svg {space} {attributes}>{inside}</svg>".encode()
