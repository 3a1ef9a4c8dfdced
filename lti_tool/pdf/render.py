"""Lay out a certificate with WeasyPrint, which is imported when it is first needed.

The same facts, design and version of WeasyPrint give the same bytes: the file's dates are the day
of issue, and neither clock nor chance takes part.
"""

import contextlib
import hashlib
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lti_tool.domain.errors import CertificatesOff, DesignFaulty
from lti_tool.pdf import archive
from lti_tool.pdf.design import Design
from lti_tool.pdf.kinds import Printed, dump, load
from lti_tool.pdf.logo import Logo
from lti_tool.pdf.template import SHARED

INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_UNTRANSLATED = NullTranslations()
_NO_SMOOTHING = "html, img { image-rendering: pixelated !important }"
"""PDF/A forbids to ask readers to smooth a picture (ISO 19005-3, 6.2.8)."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """A rendered certificate."""

    content: bytes
    sha256: str
    """Of the content, in hex."""
    pages: int
    replaced: str = ""
    """The letters that stand as \u25a1, because no font on this machine can write them."""


def available() -> tuple[bool, str]:
    """Whether certificates can be made here, and if not, why not and what to install."""
    try:
        _engine()
    except CertificatesOff as error:
        return False, str(error)
    return True, ""


def render(
    design: Design,
    facts: Printed,
    *,
    attachment: bytes | None = None,
    logo: Logo | None = None,
    lang: str = "en",
    translations: NullTranslations = _UNTRANSLATED,
) -> Pdf:
    """Make the PDF: PDF/A-3a and PDF/UA-1, with title, language and author, all fonts embedded.

    The criteria stand on the first page while they fit, else on pages of their own. `attachment`
    is the signed credential, a text. `lang` is the BCP 47 tag of what `translations` speaks.

    Raises CertificatesOff, FactsFaulty, DesignFaulty. A design may take any time and memory: where
    it is not one of ours, or runs beside other work, use `render_in_process`.
    """
    work = _Work(design, load(design.kind, dump(facts)), logo, attachment, lang, translations)
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
        with _refusing(self.design):
            content = archive.write(
                document,
                author=self.facts.issuer,
                on=self.facts.issued_on,
                credential=self.credential,
            )
        return document, content

    def _laid_out(self, folded: bool, replacing: Mapping[int, str]) -> Any:
        weasyprint = _engine()
        page = self.design.page(
            self.facts,
            logo=self.logo,
            folded=folded,
            lang=self.lang,
            translations=self.translations,
        )
        page = page.translate({**dict.fromkeys(_private(page), _STAND_INS[0]), **replacing})
        stylesheet, fetcher = _dress(self.design)
        with _refusing(self.design):
            html = weasyprint.HTML(string=page, base_url=_base(self.design), url_fetcher=fetcher)
            return html.render(font_config=_fonts(), stylesheets=[stylesheet])


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


@contextlib.contextmanager
def _refusing(design: Design) -> Iterator[None]:
    """Turn a try to fetch what is not the design's own into a refusal.

    WeasyPrint's error is no Exception, so that nothing catches it by the way.
    """
    from weasyprint.urls import FatalURLFetchingError

    try:
        yield
    except FatalURLFetchingError as error:
        raise DesignFaulty(f"design {design.name!r}: {error}") from error


@cache
def _engine() -> Any:
    """WeasyPrint. Raises CertificatesOff where it, or a system library, is missing.

    It prints advice to standard output when it fails, and warns of an optional library.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import weasyprint
    except OSError as error:
        found = re.search(r"cannot load library '([^']+)'", str(error))
        library = found[1] if found else str(error)
        message = f"certificates off: missing {library}. On Debian and Ubuntu: {INSTALL}"
        raise CertificatesOff(message) from error
    except ImportError as error:
        raise CertificatesOff(f"certificates off: {error}") from error
    return weasyprint


@cache
def _fonts() -> Any:
    """One font configuration for the process: each further one would keep its memory for good."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@cache
def _dress(design: Design) -> tuple[Any, Any]:
    """The design's stylesheet, read once with its fonts, and the fetcher that serves its files."""
    weasyprint = _engine()
    fetcher = _fetcher(design.folder.resolve())
    css = f"{design.css}\n@page {{ size: {design.paper} }}\n{_NO_SMOOTHING}"
    with _refusing(design):
        stylesheet = weasyprint.CSS(
            string=css, base_url=_base(design), url_fetcher=fetcher, font_config=_fonts()
        )
    return stylesheet, fetcher


def _base(design: Design) -> str:
    return f"{design.folder.resolve().as_uri()}/"


def _fetcher(folder: Path) -> Any:
    """Fetches `data:` addresses, files inside `folder`, and by `rounds:` those that all designs
    share; any other try ends the rendering.
    """
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            address = urlsplit(url)
            if address.scheme not in {"file", "rounds"}:
                return super().fetch(url, headers)
            home = SHARED if address.scheme == "rounds" else folder
            # Resolved first, so that neither ".." nor a symbolic link leads out.
            path = (home / url2pathname(address.path)).resolve()
            if address.netloc or not path.is_relative_to(home):
                raise ValueError("outside the folder of the design")
            kind = guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return OwnFiles(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
