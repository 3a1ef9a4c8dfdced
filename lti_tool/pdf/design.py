"""Read a certificate's design from its folder and fill in its template."""

from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.environment import Environment
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from marshmallow import Schema, ValidationError, fields, validate

from lti_tool.domain.certificate import Facts, in_groups
from lti_tool.domain.errors import DesignFaulty
from lti_tool.pdf.logo import Logo

_VARIABLES = set(Facts.__dataclass_fields__) | {"logo", "lang", "folded"}


class _DesignSchema(Schema):
    title = fields.String(required=True, validate=validate.Length(1, 100))
    version = fields.String(required=True, validate=validate.Regexp(r"\d+(\.\d+)*\Z"))
    paper = fields.String(required=True, validate=validate.OneOf(["A4", "letter"]))
    first_page_rows = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100))


@dataclass(frozen=True)
class Design:
    """One design, checked when it was read: see `load_design`."""

    folder: Path
    html: str
    css: str
    title: str
    """What a course lead chooses it by."""
    version: str
    paper: str
    """A size that CSS knows: "A4"."""
    first_page_rows: int
    """How many criteria the first page has room for; with more, their table has its own page."""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    def page(
        self,
        facts: Facts,
        *,
        logo: Logo | None,
        folded: bool,
        lang: str,
        translations: NullTranslations,
    ) -> str:
        """The certificate as HTML; `folded` gives the table of criteria a page of its own.

        Raises DesignFaulty where the template asks for anything that the facts do not hold. What
        Python says of a value may repeat it, and the facts are personal: its kind must do.
        """
        try:
            template = _template(self.html, translations)
            address = logo and logo.address
            return template.render(asdict(facts), logo=address, lang=lang, folded=folded)
        except TemplateError as error:
            raise DesignFaulty(f"design {self.name!r}: {error}") from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise DesignFaulty(f"design {self.name!r}: {type(error).__name__}") from None


def load_design(folder: Path) -> Design:
    """Read and check the design in `folder`.

    Raises DesignFaulty, naming the design and the fault, for a file that is missing or not
    readable, a field of design.yaml that is missing, wrong or unknown, and a template that does
    not parse or names a variable that no certificate has.

    A constant in a template is worked out here, which may take any time and memory (see
    `render_in_process`).
    """
    try:
        html, css, about = (
            (folder / name).read_text(encoding="utf-8")
            for name in ("certificate.html", "certificate.css", "design.yaml")
        )
    except (OSError, ValueError) as error:
        raise DesignFaulty(f"design {folder.name!r}: {error}") from error
    return _checked(folder, html, css, about)


@lru_cache(maxsize=16)
def _checked(folder: Path, html: str, css: str, about: str) -> Design:
    """A design of these texts: checking takes a third as long as rendering, so it is done once."""
    try:
        design = Design(folder, html, css, **_DesignSchema().load(yaml.safe_load(about) or {}))
        environment = _environment(NullTranslations())
        named = find_undeclared_variables(environment.parse(html))
        if unknown := named - _VARIABLES - set(environment.globals):
            raise ValueError(f"no certificate has: {', '.join(sorted(unknown))}")
    except ValidationError as error:
        raise DesignFaulty(f"design {folder.name!r}: {error.messages}") from error
    except (ValueError, yaml.YAMLError, TemplateError) as error:
        raise DesignFaulty(f"design {folder.name!r}: {error}") from error
    return design


@lru_cache(maxsize=16)
def _template(html: str, translations: NullTranslations) -> Template:
    return _environment(translations).from_string(html)


def _environment(translations: NullTranslations) -> Environment:
    """Jinja that runs a stranger's template: no attribute of Python's, no file, no blank."""
    environment = ImmutableSandboxedEnvironment(
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
        day=day, in_words=in_words, in_groups=in_groups, place=_place, qr=_qr
    )
    return environment


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
