"""What a pack may hold: its fields, their limits, and the rules between them.

The same schemas read a pack.yaml and the copy that an activity pins. docs/write-a-pack.md explains
each field to those who write packs; the messages here are worded for them too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import marshmallow as ma
from marshmallow.exceptions import SCHEMA

from lti_tool.domain.errors import PackError
from lti_tool.domain.rubric import LEVEL_VALUES, Competency, Criterion, Level
from lti_tool.packs.kinds import (
    ByProfession,
    CriterionId,
    Line,
    Many,
    Part,
    Short,
    Slug,
    Uuid,
    Version,
    Whole,
    YesNo,
)


def dump(competency: Competency) -> dict[str, Any]:
    """The competency as JSON primitives, in the shape of a pack.yaml: what an activity pins."""
    primitives: dict[str, Any] = PackSchema().dump(competency)
    return primitives


def load(data: Any) -> Competency:
    """The competency in `data`; the inverse of `dump`. Raises PackError for anything else."""
    try:
        return read(data)
    except ma.ValidationError as error:
        field, problem = next(faults(error))
        pack = str(data.get("id")) if isinstance(data, Mapping) else "unknown"
        raise PackError(problem, pack=pack, file="pinned copy", field=field) from error


def read(data: Any) -> Competency:
    """The competency in plain data. Raises marshmallow's ValidationError, to go with `faults`."""
    competency: Competency = PackSchema().load(data)
    return competency


def faults(error: ma.ValidationError) -> Iterator[tuple[str, str]]:
    """Every fault in `error`: the path of the field ("criteria[2].weight") and what is wrong."""
    return _faults(error.messages, "")


def _faults(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(messages, Mapping):
        yield from ((path, problem) for problem in messages)
        return
    for key, inner in messages.items():
        if key == SCHEMA:
            yield from _faults(inner, path)
        elif isinstance(key, int):
            yield from _faults(inner, f"{path}[{key}]")
        else:
            yield from _faults(inner, f"{path}.{key}" if path else key)


# -- The parts of a pack ---------------------------------------------------------------------------


_FAULTS = {"type": "must be a set of fields", "unknown": "is not a field of a pack"}


class _Fields(ma.Schema):
    class Meta:
        unknown = ma.RAISE

    error_messages = _FAULTS


class LevelSchema(_Fields):
    """One of the four steps of the scale."""

    value = Whole(1, 4, required=True)
    uuid = Uuid(required=True, attribute="id")
    name = Line(40, required=True)
    means = Line(120, required=True)
    short = Short(required=True)

    @ma.post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Level:
        return Level(**data)


class AnchorSchema(_Fields):
    """What is seen at one level of one criterion."""

    level = Whole(1, 4, required=True)
    uuid = Uuid(required=True)
    text = Line(400, required=True)
    short = Short(load_default="")


class CriterionSchema(_Fields):
    """A row of the rubric."""

    id = CriterionId(required=True)
    uuid = Uuid(required=True)
    name = Line(80, required=True)
    about = Line(240, required=True)
    weight = Whole(1, 100, required=True)
    critical = YesNo(load_default=False)
    min_seen = Whole(1, 50, load_default=None)
    alignments = Many(Line(100), 0, 20, load_default=())
    look_for = ByProfession(load_default=dict)
    anchors = Many(Part(AnchorSchema), 4, 4, required=True)

    @ma.validates_schema(skip_on_field_errors=True)
    def _check_anchors(self, data: dict[str, Any], **_: Any) -> None:
        _check_order("anchors", [anchor["level"] for anchor in data["anchors"]])

    @ma.post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Criterion:
        anchors = data.pop("anchors")
        look_for = data.pop("look_for")
        return Criterion(
            anchors=tuple(anchor["text"] for anchor in anchors),
            anchor_uuids=tuple(anchor["uuid"] for anchor in anchors),
            anchor_shorts=tuple(anchor["short"] for anchor in anchors),
            alignments=tuple(data.pop("alignments")),
            look_for={name: tuple(examples) for name, examples in look_for.items()},
            **data,
        )

    @ma.pre_dump
    def _spread(self, criterion: Criterion, **_: Any) -> dict[str, Any]:
        own = {name: getattr(criterion, name) for name in self.fields if name != "anchors"}
        described = zip(
            LEVEL_VALUES,
            criterion.anchor_uuids,
            criterion.anchors,
            criterion.anchor_shorts,
            strict=True,
        )
        anchors = [
            {"level": level, "uuid": uuid, "text": text} | ({"short": short} if short else {})
            for level, uuid, text, short in described
        ]
        return own | {"anchors": anchors}


class PackSchema(_Fields):
    """A pack: one competency at one version."""

    id = Slug(required=True)
    uuid = Uuid(required=True)
    version = Version(required=True)
    title = Line(60, required=True)
    summary = Line(200, required=True)
    order = Whole(0, 1000, load_default=1000)
    default_weight = Whole(0, 100, required=True)
    expected = Whole(1, 4, required=True)
    license = Line(60, required=True)
    note = Line(300, required=True)
    levels = Many(Part(LevelSchema), 4, 4, required=True)
    criteria = Many(Part(CriterionSchema), 1, 40, required=True)

    @ma.validates_schema(skip_on_field_errors=True)
    def _check_levels(self, data: dict[str, Any], **_: Any) -> None:
        _check_order("levels", [level.value for level in data["levels"]])

    @ma.validates_schema(skip_on_field_errors=True)
    def _check_weights(self, data: dict[str, Any], **_: Any) -> None:
        total = sum(criterion.weight for criterion in data["criteria"])
        if total != 100:
            problem = f"the weights must come to 100, and come to {total}"
            raise ma.ValidationError(problem, "criteria")

    @ma.validates_schema(skip_on_field_errors=True)
    def _check_unique(self, data: dict[str, Any], **_: Any) -> None:
        seen = set()
        for path, value in _identities(data):
            if value in seen:
                fault: Any = [f'"{value}" is used more than once']
                for step in reversed(path):
                    fault = {step: fault}
                raise ma.ValidationError(fault)
            seen.add(value)

    @ma.post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Competency:
        levels, criteria = tuple(data.pop("levels")), tuple(data.pop("criteria"))
        return Competency(levels=levels, criteria=criteria, **data)


def _check_order(field: str, values: Sequence[int]) -> None:
    if tuple(values) != LEVEL_VALUES:
        raise ma.ValidationError("must be levels 1, 2, 3 and 4, in this order", field)


def _identities(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Everything in a pack that must not occur twice, each with the way to its field."""
    yield ("uuid",), data["uuid"]
    for n, level in enumerate(data["levels"]):
        yield ("levels", n, "uuid"), level.id
    for n, criterion in enumerate(data["criteria"]):
        yield ("criteria", n, "id"), criterion.id
        yield ("criteria", n, "uuid"), criterion.uuid
        for m, uuid in enumerate(criterion.anchor_uuids):
            yield ("criteria", n, "anchors", m, "uuid"), uuid
