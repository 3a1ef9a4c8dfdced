"""The packs of this installation: three doors, one loader, in an order that stays."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import marshmallow as ma

from lti_tool.domain.errors import NoSuchCompetency, PackError
from lti_tool.domain.rubric import Competency
from lti_tool.packs import schema, text

BUNDLED = "competencies"
ENTRY_POINT_GROUP = "lti_tool.competencies"
FILE_NAME = "pack.yaml"


@dataclass(frozen=True, slots=True)
class Pack:
    """A competency and the file it was read from, named as an operator would type it."""

    competency: Competency
    file: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every competency on offer: door by door, the bundled first, inside a door by their order."""

    packs: tuple[Pack, ...]

    def all(self) -> tuple[Competency, ...]:
        """All competencies, each time in the same order."""
        return tuple(pack.competency for pack in self.packs)

    def get(self, competency_id: str) -> Competency | None:
        """The competency of this id, or None."""
        return next((found for found in self.all() if found.id == competency_id), None)

    def competency(self, competency_id: str) -> Competency:
        """The competency of this id. Raises NoSuchCompetency if no pack offers it."""
        found = self.get(competency_id)
        if found is None:
            raise NoSuchCompetency(f'no pack offers the competency "{competency_id}"')
        return found


def read_catalogue(folders: Sequence[Path] = ()) -> Catalogue:
    """Read all packs through the three doors; `folders` are the data-only ones of the settings.

    Raises PackError at the first fault, and when two packs claim one id.
    """
    doors: tuple[Iterable[Pack], ...] = (
        _packs_in(files(BUNDLED)),
        (pack for point in _announced() for pack in _packs_of(point)),
        (pack for folder in folders for pack in _packs_in(folder)),
    )
    packs = tuple(pack for door in doors for pack in sorted(door, key=_order))
    _refuse_twins(packs)
    return Catalogue(packs)


def read_pack(path: Path) -> Pack:
    """Read the pack in a folder, or in a pack.yaml given by name. Raises PackError."""
    file = path / FILE_NAME if path.is_dir() else path
    name = file.parent.resolve().name
    if file.exists() and not file.is_file():
        raise PackError("is no ordinary file", pack=name, file=_shown(file))
    return _read(file, name)


def _order(pack: Pack) -> tuple[int, str]:
    return pack.competency.order, pack.competency.id


def _refuse_twins(packs: Iterable[Pack]) -> None:
    """Pinned copies name a pack by its id and its uuid, so neither may lead to two packs."""
    owners: dict[str, Pack] = {}
    for pack in packs:
        for field, value in (("id", pack.competency.id), ("uuid", pack.competency.uuid)):
            owner = owners.setdefault(value, pack)
            if owner is not pack:
                problem = f'"{value}" belongs to the pack in {owner.file} already'
                raise PackError(problem, pack=pack.competency.id, file=pack.file, field=field)


# -- The doors -------------------------------------------------------------------------------------


def _packs_in(folder: Traversable) -> Iterator[Pack]:
    """The pack that `folder` is, or else the packs in the folders in it: at least one."""
    try:
        found = [place for place in _places(folder) if (place / FILE_NAME).is_file()]
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise PackError(problem, pack=folder.name, file=_shown(folder)) from error
    if not found:
        problem = f"this folder holds no {FILE_NAME}, and no folder in it does"
        raise PackError(problem, pack=folder.name, file=_shown(folder))
    for place in found:
        yield _read(place / FILE_NAME, place.name)


def _places(folder: Traversable) -> list[Traversable]:
    if (folder / FILE_NAME).is_file() or not folder.is_dir():
        return [folder]
    return sorted((place for place in folder.iterdir() if place.is_dir()), key=str)


def _announced() -> list[EntryPoint]:
    """What installed distributions announce: each package once, in an order that stays."""
    points = {point.value: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    return [points[package] for package in sorted(points)]


def _packs_of(point: EntryPoint) -> Iterator[Pack]:
    try:
        package = files(importlib.import_module(point.value))
    except Exception as error:  # foreign code may raise anything, and its pack is to blame
        problem = f"the package {point.value} cannot be imported: {type(error).__name__}"
        owner = point.dist.name if point.dist else "a distribution without a name"
        raise PackError(problem, pack=point.name, file=f"entry point of {owner}") from error
    return _packs_in(package)


# -- One pack --------------------------------------------------------------------------------------


def _read(file: Traversable, name: str) -> Pack:
    """The pack in one file; `name` stands for it in faults until its id is known."""
    shown = _shown(file)
    try:
        with file.open("rb") as opened:
            located = text.parse(opened.read(text.MAX_BYTES + 1))
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise PackError(problem, pack=name, file=shown) from error
    except text.Unreadable as error:
        raise PackError(str(error), pack=name, file=shown, line=error.line) from error
    try:
        return Pack(schema.read(located.data), shown)
    except ma.ValidationError as error:
        found = ((located.line(field), field, problem) for field, problem in schema.faults(error))
        line, field, problem = min(found)
        raise PackError(problem, pack=name, file=shown, line=line, field=field) from error


def _shown(file: Traversable) -> str:
    """The file as a person would type it: from the working folder if it lies below it."""
    here = Path.cwd()
    if isinstance(file, Path) and file.is_relative_to(here):
        return str(file.relative_to(here))
    return str(file)
