"""Frameworks of others that packs name: a code and a link to it, and no word of their text."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Framework:
    """A published framework and its publisher's page about it."""

    name: str
    address: str


FRAMEWORKS = {
    "AAMC-EPA": Framework(
        "AAMC Core Entrustable Professional Activities for Entering Residency",
        "https://www.aamc.org/coreepas",
    ),
    "ACGME2": Framework("ACGME Milestones 2.0", "https://www.acgme.org/milestones/"),
    "CanMEDS15": Framework("CanMEDS 2015", "https://canmeds.royalcollege.ca/en/framework"),
    "GMC18": Framework(
        "GMC Outcomes for graduates 2018",
        "https://www.gmc-uk.org/education/standards-guidance-and-curricula/"
        "standards-and-outcomes/outcomes-for-graduates",
    ),
    "IPEC23": Framework(
        "IPEC Core Competencies, version 3",
        "https://www.ipecollaborative.org/ipec-core-competencies",
    ),
}
"""By the word that packs put before the colon; docs/write-a-pack.md has the list."""


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A place in one of these frameworks: "ICS-2" in "ACGME2"."""

    framework: str
    code: str


def places(alignments: Iterable[str]) -> tuple[Place, ...]:
    """What a pack's alignments ("ACGME2:ICS-2") lead to, each once and in order.

    A remark in brackets after a code is left out. So is a framework that is not among ours: nobody
    knows where its code leads.
    """
    pairs = (alignment.partition(" (")[0].partition(":") for alignment in alignments)
    known = {Place(name, code) for name, _, code in pairs if name in FRAMEWORKS and code}
    return tuple(sorted(known))
