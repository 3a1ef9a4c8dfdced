"""The language of a design's template: Jinja that runs a stranger's text, and the words it may use.

A template reaches no attribute of Python's, and no file but those all designs share.
"""

import unicodedata
from datetime import date
from functools import lru_cache
from gettext import NullTranslations
from typing import Any
from urllib.parse import urlsplit

import segno
from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.environment import Environment
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from lti_tool import shipped
from lti_tool.domain.certificate import in_groups
from lti_tool.pdf.charts import radar, strip

SHARED = shipped.folder("templates") / "designs" / "shared"
"""What every design may use: fonts, a stylesheet that names them, and macros (parts.html)."""


@lru_cache(maxsize=16)
def template(html: str, translations: NullTranslations) -> Template:
    """A template that is ready to be filled in. Raises TemplateError where it does not parse."""
    return _environment(translations).from_string(html)


def variables(html: str) -> set[str]:
    """What a template asks to be given. Raises TemplateError where it does not parse."""
    environment = _environment(NullTranslations())
    return find_undeclared_variables(environment.parse(html)) - set(environment.globals)


def _environment(translations: NullTranslations) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(SHARED),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # "Newstyle" texts are escaped where they are filled in.
    install = environment.install_gettext_translations  # type: ignore[attr-defined]  # from i18n
    install(translations, newstyle=True)
    gettext = translations.gettext
    months = [translations.gettext(name) for name in _MONTHS]
    numbers = [translations.gettext(name) for name in _NUMBERS]

    def day(when: date, year: bool = True) -> str:
        """14 September 2026, and without the year 14 September."""
        words = {"day": when.day, "month": months[when.month - 1], "year": when.year}
        return (
            gettext("%(day)s %(month)s %(year)s") if year else gettext("%(day)s %(month)s")
        ) % words

    def in_words(number: int) -> str:
        """Up to twelve in words, then in figures."""
        return numbers[number] if 0 <= number < len(numbers) else str(number)

    environment.filters.update(
        day=day,
        in_words=in_words,
        in_groups=in_groups,
        own_way=_own_way,
        place=_place,
        qr=_qr,
        radar=radar,
        strip=strip,
    )
    return environment


_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_STRONG = _RIGHT_TO_LEFT | {"L"}
"""Kinds of letters that have a direction (UAX #9, table 4)."""


def _own_way(text: str) -> str:
    """A text of somebody's own, written in its own direction: it turns nothing around it."""
    if text.isascii():
        return text
    directions = [one for one in map(unicodedata.bidirectional, text) if one in _STRONG]
    if not _RIGHT_TO_LEFT & set(directions):
        return text
    return Markup('<bdi dir="{}">{}</bdi>').format("ltr" if directions[0] == "L" else "rtl", text)


def _place(verify_url: str) -> str:
    """Where a code is checked, as a person types it: "rounds.example/verify"."""
    address = urlsplit(verify_url)
    return address.netloc + address.path.rpartition("/")[0]


def _qr(address: str, title: str) -> Markup:
    """A QR code as an inline drawing; `title` is what a screen reader says of it."""
    code: Any = segno.make_qr(address, error="m")
    drawing: str = code.svg_inline(title=title, border=0, omitsize=True, dark="#16211f")
    return Markup(drawing)  # noqa: S704  # segno escapes the title


def N_(text: str) -> str:
    """Mark a text for translation where it stands; it is translated where it is used."""
    return text


_MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_NUMBERS = (
    N_("no"),
    N_("one"),
    N_("two"),
    N_("three"),
    N_("four"),
    N_("five"),
    N_("six"),
    N_("seven"),
    N_("eight"),
    N_("nine"),
    N_("ten"),
    N_("eleven"),
    N_("twelve"),
)
