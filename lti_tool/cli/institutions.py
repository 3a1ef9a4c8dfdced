"""`rounds institution`: what the school of a platform puts on its certificates."""

from pathlib import Path
from typing import Any

import click

from lti_tool.cli.frame import FILE, NUMBER, as_json, opened, read, show
from lti_tool.pdf.logo import LARGEST_BYTES, check_logo
from lti_tool.services.institutions import InstitutionView
from lti_tool.settings import load_settings

platform_option = click.option(
    "--platform", type=NUMBER, required=True, metavar="N", help="As in `rounds platform list`."
)


@click.group()
def institution() -> None:
    """What schools put on their certificates.

    Each LMS has a school, which is told by the number of the platform.
    """


@institution.command("show")
@platform_option
@as_json
def show_institution(platform: int, as_json: bool) -> None:
    """Say what a school puts on its certificates."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.institutions.get(platform)
    show(_document(found), _told(found), as_json=as_json)


@institution.command("set")
@platform_option
@click.option("--name", metavar="TEXT", help="Empty: the name that launches tell.")
@click.option("--url", metavar="URL", help="The school's own page.")
@click.option("--email", metavar="ADDRESS", help="Whom to ask about a certificate.")
@click.option("--wording", metavar="TEXT", help="A sentence or two of the school's own.")
@click.option(
    "--signatory", "signatories", multiple=True, metavar='"NAME|ROLE"',
    help="Who answers for them, up to four in order; takes the place of all. Empty: nobody.",
)  # fmt: skip
@click.option(
    "--logo", type=FILE, metavar="FILE",
    help="PNG or JPEG of at most 2 MB, SVG of at most 200 kB.",
)  # fmt: skip
@click.option("--no-logo", is_flag=True, help="Show no logo any more.")
@as_json
def set_institution(
    platform: int,
    signatories: tuple[str, ...],
    logo: Path | None,
    no_logo: bool,
    as_json: bool,
    **texts: str | None,
) -> None:
    """Change what a school puts on its certificates.

    It stands on those issued from now on. What is not named stays as it is; an empty text takes
    away what was there.
    """
    if logo and no_logo:
        raise click.UsageError("give either --logo or --no-logo")
    given: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    if signatories:
        given["signatories"] = [_signatory(text) for text in signatories if text]
    if not (given or logo or no_logo):
        raise click.UsageError("name at least one thing to change")
    picture = check_logo(read(logo, LARGEST_BYTES)) if logo else None
    with opened(load_settings()) as rounds, rounds.work() as unit:
        if no_logo:
            unit.institutions.drop_logo(platform)
        found = unit.institutions.change(platform, given, picture)
    show(_document(found), _told(found), as_json=as_json)


def _signatory(text: str) -> dict[str, str]:
    name, bar, role = text.partition("|")
    if not bar:
        raise click.BadParameter("write it as NAME|ROLE", param_hint="--signatory")
    return {"name": name.strip(), "role": role.strip()}


def _document(found: InstitutionView) -> dict[str, object]:
    logo = found.logo and {"type": found.logo.media_type, "bytes": len(found.logo.content)}
    return {
        "name": found.name,
        "url": found.url,
        "email": found.email,
        "wording": found.wording,
        "signatories": [{"name": one.name, "role": one.role} for one in found.signatories],
        "logo": logo,
    }


def _told(found: InstitutionView) -> str:
    logo = found.logo
    told = {
        "Name": found.name or "as launches tell it",
        "Page": found.url,
        "E-mail": found.email,
        "Wording": found.wording,
        "Signatories": "; ".join(f"{one.name}, {one.role}" for one in found.signatories),
        "Logo": f"{logo.media_type}, {len(logo.content)} bytes" if logo else "",
    }
    return "\n".join(f"{label}: {text or 'none'}" for label, text in told.items())
