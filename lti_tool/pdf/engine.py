"""WeasyPrint, imported when it is first needed: its fonts, and what a design may have it fetch."""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lti_tool.domain.errors import CertificatesOff, DesignFaulty
from lti_tool.pdf.charts import STRIPS, draw_strip
from lti_tool.pdf.design import Design
from lti_tool.pdf.template import SHARED

INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_NO_SMOOTHING = "html, img { image-rendering: pixelated !important }"
"""PDF/A forbids to ask readers to smooth a picture (ISO 19005-3, 6.2.8)."""


def available() -> tuple[bool, str]:
    """Whether certificates can be made here, and if not, why not and what to install."""
    try:
        _engine()
    except CertificatesOff as error:
        return False, str(error)
    return True, ""


def lay_out(design: Design, page: str) -> Any:
    """A WeasyPrint document of a page of HTML. Raises CertificatesOff, DesignFaulty."""
    weasyprint = _engine()
    stylesheet, fetcher = _dress(design)
    with refusing(design):
        html = weasyprint.HTML(string=page, base_url=_base(design), url_fetcher=fetcher)
        return html.render(font_config=_fonts(), stylesheets=[stylesheet])


@contextlib.contextmanager
def refusing(design: Design) -> Iterator[None]:
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
    with refusing(design):
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
            if address.scheme == "rounds" and address.path.startswith(STRIPS):
                x = address.path.removeprefix(STRIPS)
                drawn = draw_strip(int(x) if x else None)
                return URLFetcherResponse(url, drawn, {"Content-Type": "image/svg+xml"})
            home = SHARED if address.scheme == "rounds" else folder
            # Resolved first, so that neither ".." nor a symbolic link leads out.
            path = (home / url2pathname(address.path)).resolve()
            if address.netloc or not path.is_relative_to(home):
                raise ValueError("outside the folder of the design")
            kind = guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return OwnFiles(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
