"""Read a certificate's design from its folder and fill in its template."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

import yaml
from jinja2 import TemplateError
from marshmallow import ValidationError

from lti_tool.domain.certificate import Kind
from lti_tool.domain.errors import DesignFaulty, DesignLacks
from lti_tool.pdf.catalogue import DesignSchema, design_files
from lti_tool.pdf.kinds import Printed, names
from lti_tool.pdf.logo import Logo
from lti_tool.pdf.template import template, variables

_OUTSIDE_FACTS = {"logo", "lang", "folded"}
_BETWEEN_CELLS = re.compile(r">\s+(?=<(?:tr|td|th|/tr|tbody|/tbody|/thead)\b)")
"""White space that says nothing, and of which the parser makes a token each."""


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
    """A size that CSS knows: "A4", "letter landscape"."""
    first_page_rows: int
    """How many criteria the first page has room for; with more, their table has its own page."""
    needs: tuple[str, ...] = ()
    """What it cannot do without, of what a school may leave out: "logo", "wording",
    "signatories"."""
    kind: Kind = Kind.CERTIFICATE
    """What it lays out."""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    def lacking(
        self, *, logo: object, wording: str, signatories: Sequence[object]
    ) -> tuple[str, ...]:
        """What the design needs and this school has not, of the words in `needs`."""
        there = {"logo": logo, "wording": wording, "signatories": signatories}
        return tuple(name for name in self.needs if not there[name])

    def page(
        self,
        facts: Printed,
        *,
        logo: Logo | None,
        folded: bool,
        lang: str,
        translations: NullTranslations,
    ) -> str:
        """The certificate as HTML; `folded` gives the table of criteria a page of its own.

        Raises DesignLacks where a thing it needs is missing, and DesignFaulty where the template
        asks for anything that the facts do not hold. What Python says of a value may repeat it,
        and the facts are personal: its kind must do.
        """
        lacks = self.lacking(logo=logo, wording=facts.wording, signatories=facts.signatories)
        if lacks:
            raise DesignLacks(f"design {self.name!r} needs: {', '.join(lacks)}")
        address = logo and logo.address
        try:
            page = template(self.html, translations).render(
                asdict(facts), logo=address, lang=lang, folded=folded
            )
        except TemplateError as error:
            raise DesignFaulty(f"design {self.name!r}: {error}") from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise DesignFaulty(f"design {self.name!r}: {type(error).__name__}") from None
        return _BETWEEN_CELLS.sub(">", page)


def load_design(folder: Path) -> Design:
    """Read and check the design in `folder`.

    Raises DesignFaulty, naming the design and the fault, for a file that is missing or not
    readable, a field of design.yaml that is missing, wrong or unknown, and a template that does
    not parse or names a variable that no certificate has.

    A constant in a template is worked out here, which may take any time and memory (see
    `render_in_process`).
    """
    html, css, about = design_files(folder)
    return _checked(folder, html, css, about)


@lru_cache(maxsize=16)
def _checked(folder: Path, html: str, css: str, about: str) -> Design:
    """A design of these texts: checking takes a third as long as rendering, so it is done once."""
    try:
        said = DesignSchema().load(yaml.safe_load(about) or {})
        design = Design(folder, html, css, **said | {"needs": tuple(said["needs"])})
        if unknown := variables(html) - names(design.kind) - _OUTSIDE_FACTS:
            raise ValueError(f"no {design.kind} has: {', '.join(sorted(unknown))}")
    except ValidationError as error:
        raise DesignFaulty(f"design {folder.name!r}: {error.messages}") from error
    except (ValueError, RecursionError, yaml.YAMLError, TemplateError) as error:
        raise DesignFaulty(f"design {folder.name!r}: {error}") from error
    return design
