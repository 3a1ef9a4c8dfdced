"""The kinds of facts that are laid out, each with what it is stored as."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from lti_tool.domain.certificate import Facts, Kind
from lti_tool.domain.transcript import Transcript
from lti_tool.pdf.facts import dump_facts, load_facts
from lti_tool.pdf.transcript_facts import dump_transcript, load_transcript

Printed = Facts | Transcript

_MAKES = {Kind.CERTIFICATE: Facts, Kind.TRANSCRIPT: Transcript}


def names(kind: Kind) -> frozenset[str]:
    """What the facts of a kind hold."""
    return frozenset(field.name for field in fields(_MAKES[kind]))


def dump(facts: Printed) -> dict[str, Any]:
    """The facts as JSON can hold them."""
    return dump_facts(facts) if isinstance(facts, Facts) else dump_transcript(facts)


def load(kind: Kind, stored: Mapping[str, Any]) -> Printed:
    """The facts of `dump` again. Raises FactsFaulty where they are not of this kind."""
    return load_facts(stored) if kind is Kind.CERTIFICATE else load_transcript(stored)
