"""Designs of certificates: which there are, and what a school would have to give for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lti_tool.pdf import designs
from lti_tool.services.institutions import InstitutionView


@dataclass(frozen=True, slots=True)
class DesignView:
    """A design that a course lead can choose, unless it is `lacking` something."""

    name: str
    title: str
    lacking: tuple[str, ...]
    """What it needs that the school has not given: "logo", "wording", "signatories"."""


def designs_for(school: InstitutionView, folders: Sequence[Path]) -> tuple[DesignView, ...]:
    """The designs of this installation, as they are for a school; `folders` are of the settings."""
    there = {"logo": school.logo, "wording": school.wording, "signatories": school.signatories}
    return tuple(
        DesignView(one.name, one.title, tuple(need for need in one.needs if not there.get(need)))
        for one in designs(folders)
    )
