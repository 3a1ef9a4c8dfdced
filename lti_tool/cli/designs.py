"""`rounds designs`: the designs that certificates are laid out by."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from lti_tool.cli.frame import as_json, show
from lti_tool.domain.certificate import Chart, Facts
from lti_tool.pdf import (
    SAMPLE_LOGO,
    About,
    check_designs,
    find_design,
    load_design,
    render_in_process,
)
from lti_tool.pdf.kinds import dump
from lti_tool.pdf.trial import sample_for, scripts_without_font, try_design
from lti_tool.settings import load_setting


@click.group()
def designs() -> None:
    """The designs of certificates.

    DESIGN is a name from the list, or a folder. docs/write-a-design.md tells how to make one.
    """


@designs.command("list")
@as_json
def list_designs(as_json: bool) -> None:
    """List the designs that course leads can choose.

    Those of Rounds, and those in the folders of ROUNDS_DESIGN_FOLDERS.
    """
    found = check_designs(load_setting("design_folders"))
    show([_outline(one) for one in found], "\n".join(map(_line, found)), as_json=as_json)


@designs.command("check")
@click.argument("design")
@as_json
def check_design(design: str, as_json: bool) -> None:
    """Make invented certificates with a design.

    Then say which scripts this machine has no font for.
    """
    folder, limits = _folder(design), _limits()
    checked = load_design(folder)
    trials = try_design(folder, **limits)
    without = scripts_without_font(folder=folder, **limits)
    lines = [f"{checked.title} {checked.version}: {checked.paper}"]
    lines += [f"  {one.case}: {one.pages} p., {one.bytes // 1000} kB" for one in trials]
    if without:
        lines += [f"No font here writes {', '.join(without)}: such letters stand as □."]
    document = {
        "name": checked.name,
        "title": checked.title,
        "version": checked.version,
        "needs": list(checked.needs),
        "made": [asdict(one) for one in trials],
        "scripts_without_font": list(without),
    }
    show(document, "\n".join(lines), as_json=as_json)


@designs.command("preview")
@click.argument("design")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; DESIGN.pdf if not said.",
)
@click.option(
    "--chart",
    type=click.Choice([chart.value for chart in Chart]),
    default="strips",
    show_default=True,
    help="What it draws of the averages.",
)
@as_json
def preview(design: str, out: Path | None, chart: str, as_json: bool) -> None:
    """Write an invented certificate to a file.

    For the design `transcript` it is an invented transcript.
    """
    folder = _folder(design)
    sample = sample_for(load_design(folder))
    facts = replace(sample, chart=chart) if isinstance(sample, Facts) else sample
    pdf = render_in_process(folder, dump(facts), logo=SAMPLE_LOGO, **_limits())
    file = out or Path(f"{folder.name}.pdf")
    try:
        file.write_bytes(pdf.content)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    document = {"file": str(file), "pages": pdf.pages, "bytes": len(pdf.content)}
    show(document, f"{file}: {pdf.pages} p., {len(pdf.content) // 1000} kB", as_json=as_json)


def _folder(design: str) -> Path:
    """Of a name, or of what looks like a path. Raises DesignFaulty."""
    path = Path(design)
    if path.name != design or path.is_dir():
        return path.resolve()
    return find_design(design, load_setting("design_folders"))


def _limits() -> dict[str, Any]:
    return {
        "seconds": load_setting("certificate_seconds"),
        "megabytes": load_setting("certificate_megabytes"),
    }


def _outline(one: About) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "needs": list(one.needs),
        "folder": str(one.folder),
    }


def _line(one: About) -> str:
    needs = f", needs {', '.join(one.needs)}" if one.needs else ""
    return f"{one.name}: {one.title}{needs}: {one.folder}"
