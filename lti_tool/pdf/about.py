"""What designs say of themselves: enough to choose one by, with no template looked at."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from lti_tool.domain.certificate import Kind

ABOUT = "design.yaml"


class _AboutSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    title = fields.String(required=True, validate=validate.Length(1, 100))
    needs = fields.List(fields.String(), load_default=list)
    kind = fields.String(load_default=Kind.CERTIFICATE)


@dataclass(frozen=True, slots=True)
class About:
    """A design by its folder's name; `needs` as in `Design`."""

    name: str
    title: str
    needs: tuple[str, ...]


def designs(folder: Path) -> list[About]:
    """A folder's designs of certificates, by title. One that says nothing of itself is none."""
    found = [_read(path.parent) for path in folder.glob(f"*/{ABOUT}")]
    return sorted(filter(None, found), key=lambda one: one.title)


def _read(folder: Path) -> About | None:
    """None for a design of anything else, and for a faulty one: `load_design` says why."""
    try:
        text = (folder / ABOUT).read_text(encoding="utf-8")
        said = _AboutSchema().load(yaml.safe_load(text) or {})
    except (OSError, ValueError, ValidationError, yaml.YAMLError):
        return None
    if said["kind"] != Kind.CERTIFICATE:
        return None
    return About(folder.name, said["title"], tuple(said["needs"]))
