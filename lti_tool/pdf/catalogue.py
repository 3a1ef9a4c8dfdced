"""The designs of this installation: those shipped with Rounds, then those in folders of its own.

The folders are looked at anew each time, so that a design put there can be chosen at once. What
designs say of themselves is enough for that: no template is looked at.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from lti_tool.domain.certificate import Kind
from lti_tool.domain.errors import DesignFaulty
from lti_tool.pdf.template import SHARED

ABOUT = "design.yaml"
FILES = ("certificate.html", "certificate.css", ABOUT)
SHIPPED = SHARED.parent
LARGEST_FILE = 1_000_000
"""Bytes; the largest that is shipped has some thousands."""
NAME = re.compile(r"\w[\w .-]{0,63}")
"""What a design's folder may be called: its certificates keep that name."""

_NEEDS = ("logo", "wording", "signatories")


class DesignSchema(Schema):
    """What a design.yaml may say. docs/write-a-design.md explains each field."""

    title = fields.String(required=True, validate=validate.Length(1, 100))
    version = fields.String(required=True, validate=validate.Regexp(r"\d+(\.\d+)*\Z"))
    paper = fields.String(required=True, validate=validate.Regexp(r"(A4|letter)( landscape)?\Z"))
    first_page_rows = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100))
    needs = fields.List(fields.String(validate=validate.OneOf(_NEEDS)), load_default=[])
    kind = fields.Enum(Kind, by_value=True, load_default=Kind.CERTIFICATE)


@dataclass(frozen=True, slots=True)
class About:
    """A design by its folder, whose name is its own; `needs` as in `Design`."""

    folder: Path
    title: str
    needs: tuple[str, ...]
    kind: Kind

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def shipped(self) -> bool:
        """Whether it came with Rounds."""
        return self.folder.parent == SHIPPED


def designs(folders: Sequence[Path] = ()) -> list[About]:
    """The designs of certificates, by title; `folders` are those of the settings.

    What is faulty is left out: `check_designs` says why.
    """
    return _offered(one for one in _looked_at(folders) if isinstance(one, About))


def check_designs(folders: Sequence[Path] = ()) -> list[About]:
    """The same. Raises DesignFaulty for the first folder or design that cannot be used, and where
    two designs have one name.
    """
    return _offered(map(_sound, _looked_at(folders)))


def find_design(name: str, folders: Sequence[Path] = ()) -> Path:
    """The folder of the design of that name. Raises DesignFaulty where there is none."""
    for home in (SHIPPED, *folders):
        with suppress(OSError):
            for place in _places(home):
                if place.name == name:
                    return place
    raise DesignFaulty(f"no design is called {name!r}")


def design_files(folder: Path) -> list[str]:
    """The texts of a design, in the order of FILES.

    Raises DesignFaulty, naming the file, for one that is missing, not readable or too large.
    """
    return [_text(folder / name) for name in FILES]


def _offered(found: Iterator[About]) -> list[About]:
    return sorted((one for one in found if one.kind is Kind.CERTIFICATE), key=lambda one: one.title)


def _sound(found: About | DesignFaulty) -> About:
    if isinstance(found, DesignFaulty):
        raise found
    return found


def _looked_at(folders: Sequence[Path]) -> Iterator[About | DesignFaulty]:
    """Each design in turn, or what is wrong with it."""
    owners: dict[str, Path] = {}
    for home in (SHIPPED, *folders):
        try:
            places = _places(home)
        except OSError as error:
            yield DesignFaulty(f"folder of designs {home}: cannot be read: {error.strerror}")
            continue
        if not places:
            yield DesignFaulty(f"folder of designs {home}: no {ABOUT} in it or in a folder in it")
        for place in places:
            owner = owners.setdefault(place.name, place)
            yield _read(place) if owner is place else _twin(place, owner)


def _places(home: Path) -> list[Path]:
    """The design that a folder is, or else the designs in the folders in it. Raises OSError."""
    if _is_design(home):
        return [home]
    return sorted(place for place in home.iterdir() if _is_design(place))


def _is_design(place: Path) -> bool:
    """What nobody may look into is none: a disk has a folder `lost+found` of its own."""
    try:
        return (place / ABOUT).exists()
    except PermissionError:
        return False


def _twin(folder: Path, owner: Path) -> DesignFaulty:
    return DesignFaulty(f"{folder}: a design is called {folder.name!r} already, in {owner}")


def _read(folder: Path) -> About | DesignFaulty:
    if not NAME.fullmatch(folder.name):
        return DesignFaulty(f"{folder}: no name for a design; take letters, digits and hyphens")
    try:
        said = DesignSchema().load(yaml.safe_load(design_files(folder)[-1]) or {})
    except DesignFaulty as fault:
        return fault
    except ValidationError as error:
        return DesignFaulty(f"{folder / ABOUT}: {error.messages}")
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        return DesignFaulty(f"{folder / ABOUT}: {error}")
    return About(folder, said["title"], tuple(said["needs"]), said["kind"])


def _text(file: Path) -> str:
    try:
        if not file.is_file():
            raise DesignFaulty(f"design {file.parent.name!r}: {file} is no file")
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise DesignFaulty(f"design {file.parent.name!r}: {file} is too large")
        return content.decode()
    except (OSError, ValueError) as error:
        raise DesignFaulty(f"design {file.parent.name!r}: {error}") from error
