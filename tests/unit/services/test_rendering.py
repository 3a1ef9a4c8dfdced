"""Rendering: once, kept with its hash; what fails is noted and holds nothing else up."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lti_tool.models.certificate import Certificate
from lti_tool.models.passback import Passback
from lti_tool.services.rendering import render
from lti_tool.services.unit import Rounds
from lti_tool.settings import load_settings
from tests.factories import Ward, ward


@pytest.fixture
def place(rounds: Rounds) -> Ward:
    """Amara's certificate is issued and not rendered."""
    found = ward(rounds, weights={"teamwork": 100})
    found.score(found.helen, found.amara, "teamwork", 3)
    found.score(found.ruth, found.amara, "teamwork", 3)
    return found


def kept(place: Ward) -> tuple[int, bytes | None, str | None, str | None]:
    """The certificate's number, file, hash and problem."""
    with place.rounds.reading() as unit:
        row = unit.session.scalars(select(Certificate)).one()
        return row.id, row.pdf, row.sha256, row.problem


def change(place: Ward, **values: object) -> None:
    with place.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(values))


def test_a_certificate_is_rendered_once_and_kept_with_its_hash(place: Ward) -> None:
    number = kept(place)[0]
    assert render(place.rounds, number)
    _, content, digest, problem = kept(place)
    assert content is not None
    assert content.startswith(b"%PDF-1.")
    assert (digest, problem) == (sha256(content).hexdigest(), None)
    change(place, design="one-that-came-later", facts={})
    assert render(place.rounds, number)
    assert kept(place) == (number, content, digest, None)
    with place.rounds.reading() as unit:
        file = unit.certificates.file_for(place.amara, place.activity, place.amara.person)
    assert file.content == content


@pytest.mark.parametrize(
    ("design", "facts", "problem"),
    [
        pytest.param("missing", {}, "certificate-design-faulty", id="design"),
        pytest.param("standard", {"activity": ""}, "certificate-facts-faulty", id="facts"),
    ],
)
def test_what_cannot_be_rendered_is_noted_and_may_be_tried_again(
    place: Ward, design: str, facts: dict[str, str], problem: str
) -> None:
    with place.rounds.reading() as unit:
        sound = unit.session.scalars(select(Certificate)).one()
    change(place, design=design, facts=sound.facts | facts)
    assert not render(place.rounds, sound.id)
    assert kept(place) == (sound.id, None, None, problem)
    with place.rounds.reading() as unit:
        shown = unit.certificates.of_intern(place.activity, place.amara.person)
        assert shown is not None
        assert (shown.ready, shown.problem) == (False, problem)
    place.score(place.helen, place.jonas, "teamwork", 3)
    with place.rounds.reading() as unit:
        owed = unit.session.scalars(select(Passback).order_by(Passback.id.desc())).first()
        assert owed is not None
        assert owed.intern_id == place.jonas.person
    change(place, design=sound.design, facts=sound.facts)
    assert render(place.rounds, sound.id)
    assert kept(place)[3] is None


WITHOUT_PANGO = """
import cffi
real = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if "pangoft2" in str(name):
        raise OSError("no such library")
    return real(self, name, flags)
cffi.FFI.dlopen = dlopen
"""


def test_where_certificates_are_off_the_grade_goes_out_without(
    place: Ward,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a machine without pango: a module that Python starts with keeps it from being found."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_PANGO)
    monkeypatch.syspath_prepend(tmp_path)
    other_child = environment | {"ROUNDS_CERTIFICATE_MEGABYTES": "1023"}
    rounds = replace(place.rounds, settings=load_settings(other_child))
    number = kept(place)[0]
    assert not render(rounds, number)
    assert kept(place) == (number, None, None, "certificates-off")
    with place.rounds.reading() as unit:
        scores = unit.session.scalars(select(Passback.message).order_by(Passback.id)).all()
    assert scores[-1]["score"] == "80"
