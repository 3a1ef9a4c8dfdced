"""Make a certificate: fill in the design, lay it out, write it.

The same facts, design and version of WeasyPrint give the same bytes: the file's dates are the day
of issue, and neither clock nor chance takes part.
"""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Any

from lti_tool.domain.errors import DesignFaulty
from lti_tool.pdf import archive
from lti_tool.pdf.design import Design
from lti_tool.pdf.engine import lay_out, refusing
from lti_tool.pdf.kinds import Printed, dump, load
from lti_tool.pdf.logo import Logo

_UNTRANSLATED = NullTranslations()


@dataclass(frozen=True, slots=True)
class Pdf:
    """A rendered certificate."""

    content: bytes
    sha256: str
    """Of the content, in hex."""
    pages: int
    replaced: str = ""
    """The letters that stand as \u25a1, because no font on this machine can write them."""


def render(
    design: Design,
    facts: Printed | Mapping[str, Any],
    *,
    attachment: bytes | None = None,
    logo: Logo | None = None,
    lang: str = "en",
    translations: NullTranslations = _UNTRANSLATED,
) -> Pdf:
    """Make the PDF: PDF/A-3a and PDF/UA-1, with title, language and author, all fonts embedded.

    Facts may be given as they are stored (`kinds.dump`): either way they are checked here.
    The criteria stand on the first page while they fit, else on pages of their own. `attachment`
    is the signed credential, a text. `lang` is the BCP 47 tag of what `translations` speaks.

    Raises CertificatesOff, FactsFaulty, DesignFaulty. A design may take any time and memory: where
    it is not one of ours, or runs beside other work, use `render_in_process`.
    """
    stored = facts if isinstance(facts, Mapping) else dump(facts)
    work = _Work(design, load(design.kind, stored), logo, attachment, lang, translations)
    document, content = work.done({})
    title, replaced = document.metadata.title, set[str]()
    for stand_in in _STAND_INS:
        unwritten = _unwritten(document)
        if not unwritten:
            break
        replaced |= unwritten
        document, content = work.done({ord(letter): stand_in for letter in replaced}, title)
    letters = "".join(sorted(replaced - {*_STAND_INS}))
    return Pdf(content, hashlib.sha256(content).hexdigest(), len(document.pages), letters)


_STAND_INS = ("\u25a1", "?")
"""For a letter that no font has: PDF/A has none without a shape (ISO 19005-3, 6.2.11.8). A design
whose own fonts lack the first gets the second."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One certificate to be made."""

    design: Design
    facts: Printed
    logo: Logo | None
    credential: bytes | None
    lang: str
    translations: NullTranslations

    def done(self, replacing: Mapping[int, str], title: str = "") -> tuple[Any, bytes]:
        """The document and the file, some letters replaced; never in the `title`, if there is one.

        The criteria stand on the first page while they fit.
        """
        rows = sum(len(competency.criteria) for competency in self.facts.competencies)
        folded = rows > self.design.first_page_rows
        document = self._laid_out(folded, replacing)
        if not folded and len(document.pages) > 1:
            document = self._laid_out(True, replacing)
        metadata, name = document.metadata, self.design.name
        if not (metadata.title and metadata.lang):
            raise DesignFaulty(f"design {name!r}: <title> or the language of <html> is missing")
        metadata.title = title or metadata.title
        with refusing(self.design):
            content = archive.write(
                document,
                author=self.facts.issuer,
                on=self.facts.issued_on,
                credential=self.credential,
            )
        return document, content

    def _laid_out(self, folded: bool, replacing: Mapping[int, str]) -> Any:
        page = self.design.page(
            self.facts,
            logo=self.logo,
            folded=folded,
            lang=self.lang,
            translations=self.translations,
        )
        replacing = {**dict.fromkeys(_private(page), _STAND_INS[0]), **replacing}
        return lay_out(self.design, page.translate(replacing))


def _private(page: str) -> set[int]:
    """Letters that mean something to those only who agreed on it, which PDF/A-3a cannot hold."""
    return {ord(letter) for letter in set(page) if unicodedata.category(letter) == "Co"}


def _unwritten(document: Any) -> set[str]:
    """The letters of a written document that no font had a shape for, or none but a picture:
    WeasyPrint 70 gives pictures of letters widths that PDF/A does not take (6.2.11.5).
    """
    found = set()
    for font in document.fonts.values():
        found |= set(map(chr, font.missing))
        if font.bitmap or font.png or font.svg or font.colr:
            # A figure, or a mark between pictures, is a letter elsewhere on the page.
            found |= {
                letter
                for letter in "".join(font.to_unicode.values())
                if not letter.isascii() and unicodedata.category(letter) not in {"Cf", "Mn"}
            }
    return found
