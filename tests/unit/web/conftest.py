"""A ward, its people in front of their pages, and a certificate whose file was made."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.domain.people import Actor
from lti_tool.models.certificate import Certificate
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import THREE, Ward
from tests.visitor import Visitor, visitor

SignIn = Callable[[Actor], Visitor]
PDF = b"%PDF-1.7 a file"


@pytest.fixture
def ward(rounds: Rounds) -> Ward:
    return factories.ward(rounds)


@pytest.fixture
def sign_in(app: Flask, ward: Ward) -> SignIn:
    """Opens a session for someone of the ward."""
    return lambda actor: visitor(app, ward.rounds, actor, ward.activity)


@pytest.fixture
def certificate(ward: Ward) -> Certificate:
    """Amara's, who has met the standard in everything; its file is made."""
    meet_standard(ward, ward.amara)
    return print_certificate(ward, ward.amara)


def token_of(person: Visitor) -> str:
    """The token of a person's session, which every page of theirs carries."""
    found = re.search(r'data-csrf="(\w+)"', person.get("").text)
    assert found
    return found[1]


def meet_standard(ward: Ward, intern: Actor) -> None:
    """Two supervisors find the intern dependable in all three competencies."""
    for competency in THREE:
        ward.score(ward.helen, intern, competency, 3)
        ward.score(ward.ruth, intern, competency, 4)


def print_certificate(ward: Ward, intern: Actor) -> Certificate:
    """Do what the renderer does, without a PDF."""
    with ward.rounds.work() as unit:
        row = unit.session.scalars(
            select(Certificate).where(Certificate.intern_id == intern.person)
        ).one()
        row.pdf, row.sha256 = PDF, "5e" * 32
        return row
