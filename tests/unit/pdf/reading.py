"""Read a PDF back: its words, its tags, its fonts."""

import io
from collections.abc import Iterator

import pikepdf
import pypdfium2
from pypdfium2 import raw


def text_of(content: bytes) -> str:
    """All that is written in a PDF, on one line."""
    document = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return " ".join(text.replace("\ufffe", "-").replace("\u2019", "'").split())


def structure(content: bytes) -> list[tuple[str, str]]:
    """The tags of a PDF in reading order, each with its alternative text."""
    with pikepdf.open(io.BytesIO(content)) as document:
        return [(str(one.S), str(one.get("/Alt", ""))) for one in _elements(document)]


def read_aloud(content: bytes) -> str:
    """All that is written in a PDF, in the order of its tags: what a screen reader says."""
    words = _pieces(content)
    with pikepdf.open(io.BytesIO(content)) as document:
        pages = {page.objgen: number for number, page in enumerate(document.pages)}
        said = [
            words.get((pages[one.Pg.objgen], int(mark)), "")
            for one in _elements(document)
            for mark in one.get("/K", [])
            if isinstance(mark, int)
        ]
    return " ".join(" ".join(said).replace("\u2019", "'").split())


def _pieces(content: bytes) -> dict[tuple[int, int], str]:
    """The words of each piece of tagged content, by its page and number there."""
    found: dict[tuple[int, int], str] = {}
    document = pypdfium2.PdfDocument(content)
    for number, page in enumerate(document):
        text = page.get_textpage()
        for piece in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            length = raw.FPDFTextObj_GetText(piece, text, None, 0)
            letters = (raw.FPDF_WCHAR * (length // 2))()
            raw.FPDFTextObj_GetText(piece, text, letters, length)
            mark = raw.FPDFPageObj_GetMarkedContentID(piece)
            words = bytes(letters).decode("utf-16-le").rstrip("\0")
            found[number, mark] = found.get((number, mark), "") + words
    document.close()
    return found


def _elements(document: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    waiting = [document.Root.StructTreeRoot.K]
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Array):
            waiting += reversed(list(element))
        elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
            yield element
            waiting.append(element.get("/K", pikepdf.Array()))


def fonts(content: bytes) -> dict[str, bool]:
    """The fonts of a PDF by name, and whether each is embedded and names a glyph by its number."""
    with pikepdf.open(io.BytesIO(content)) as document:
        found = {}
        for page in document.pages:
            for font in page.Resources.Font.values():
                descriptor = font.DescendantFonts[0].FontDescriptor
                embedded = {"/FontFile2", "/FontFile3"} & set(descriptor.keys())
                found[str(descriptor.FontName)] = bool(embedded) and font.Encoding == "/Identity-H"
    return found


def glyphs(content: bytes) -> set[int]:
    """The numbers of all glyphs that are shown; 0 is the box of a letter that a font lacks."""
    found: set[int] = set()
    with pikepdf.open(io.BytesIO(content)) as document:
        for page in document.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) in {"Tj", "TJ"}:
                    pieces = operands[0] if str(operator) == "TJ" else operands
                    for piece in pieces:
                        if isinstance(piece, pikepdf.String):
                            raw = bytes(piece)
                            found |= {
                                int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)
                            }
    return found


def outside(content: bytes, *, sides: float, ends: float) -> list[str]:
    """The words that stand nearer to the left or right edge of their page than `sides`, or to the
    upper or lower edge than `ends`, in millimetres.
    """
    found = []
    across, along = sides * 72 / 25.4, ends * 72 / 25.4
    document = pypdfium2.PdfDocument(content)
    for page in document:
        width, height = page.get_size()
        text = page.get_textpage()
        for number in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(number)
            inside = left > across and right < width - across
            if not (inside and bottom > along and top < height - along):
                found.append(text.get_text_bounded(left, bottom, right, top))
    document.close()
    return found
