"""Read a PDF back: its words, and its tags."""

import io

import pikepdf
import pypdfium2


def text_of(content: bytes) -> str:
    """All that is written in a PDF, on one line."""
    document = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return " ".join(text.replace("\ufffe", "-").replace("\u2019", "'").split())


def structure(content: bytes) -> list[tuple[str, str]]:
    """The tags of a PDF in reading order, each with its alternative text."""
    found = []

    def walk(element: pikepdf.Object) -> None:
        if isinstance(element, pikepdf.Array):
            for child in element:
                walk(child)
        elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
            found.append((str(element.S), str(element.get("/Alt", ""))))
            walk(element.get("/K", pikepdf.Array()))

    with pikepdf.open(io.BytesIO(content)) as document:
        walk(document.Root.StructTreeRoot.K)
    return found
