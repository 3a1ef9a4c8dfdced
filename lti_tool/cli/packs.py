"""`rounds packs`: the packs that competencies come from."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lti_tool.cli.frame import as_json, show
from lti_tool.packs import Pack, describe, read_catalogue, read_pack
from lti_tool.packs.worked import worked
from lti_tool.settings import load_setting


@click.group()
def packs() -> None:
    """The packs that competencies come from."""


@packs.command("list")
@as_json
def list_packs(as_json: bool) -> None:
    """List the packs that course leads can choose from.

    Those of Rounds, of installed packages, and in the folders of ROUNDS_PACK_FOLDERS.
    """
    found = read_catalogue(load_setting("pack_folders")).packs
    text = "\n".join(f"{_title(pack)}: {pack.file}" for pack in found)
    show([_outline(pack) for pack in found], text, as_json=as_json)


@packs.command("check")
@click.argument("path", type=click.Path(path_type=Path))
@as_json
def check_pack(path: Path, as_json: bool) -> None:
    """Check one pack and show its rubric.

    PATH is the folder of the pack, or its pack.yaml. What some ratings come to is shown as well.
    """
    pack = read_pack(path)
    scores = worked(pack.competency)
    lines = [describe(pack.competency), "", "Worked scores (means shown, grades of 100):"]
    lines += [f"  {score.told}" for score in scores]
    document = _outline(pack) | {"worked": [asdict(score) for score in scores]}
    show(document, "\n".join(lines), as_json=as_json)


def _title(pack: Pack) -> str:
    return f"{pack.competency.title} {pack.competency.version} ({pack.competency.id})"


def _outline(pack: Pack) -> dict[str, Any]:
    competency = pack.competency
    return {
        "id": competency.id,
        "version": competency.version,
        "title": competency.title,
        "weight": competency.default_weight,
        "criteria": [
            {"id": one.id, "name": one.name, "weight": one.weight, "critical": one.critical}
            for one in competency.criteria
        ],
        "file": pack.file,
    }
