"""Rendering: once, kept with its hash; what fails is tried again, and set aside if it must be."""

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select, update

from lti_tool.domain.errors import DesignFaulty
from lti_tool.models.certificate import Certificate
from lti_tool.models.passback import Passback
from lti_tool.pdf import Pdf
from lti_tool.services.rendering import render
from lti_tool.services.renderings import MOST_BEGUN
from lti_tool.services.unit import Rounds
from tests.designs import own_design
from tests.factories import Ward, ward
from tests.owing import Clock
from tests.renderers import renderers

OFF = "certificates-off"
BROKE = "certificate-render-failed"

OTHER_CHILD = count(900)
"""Each number of megabytes has a rendering child of its own."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(rounds: Rounds, clock: Clock) -> Ward:
    """Amara's certificate is issued and not rendered."""
    found = ward(replace(rounds, clock=clock), weights={"teamwork": 100})
    meet(found)
    return found


def meet(place: Ward) -> None:
    place.score(place.helen, place.amara, "teamwork", 3)
    place.score(place.ruth, place.amara, "teamwork", 3)


def certificate(place: Ward) -> Certificate:
    with place.rounds.reading() as unit:
        row = unit.session.scalars(select(Certificate).order_by(Certificate.id)).first()
        assert row is not None
        assert row.pdf is None or row.pdf.startswith(b"%PDF-1.")
        return row


def change(place: Ward, **values: object) -> None:
    with place.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(values))


def due(rounds: Rounds) -> list[int]:
    with rounds.reading() as unit:
        return unit.renderings.due(10)


def reconsider(rounds: Rounds) -> None:
    """What a deliverer does when it starts."""
    with rounds.work() as unit:
        unit.renderings.reconsider()


def fail(place: Ward, number: int, codes: Iterable[str]) -> None:
    """Try again and again, as soon as may be, and fail in these ways."""
    for code in codes:
        with place.rounds.work() as unit:
            row = unit.session.get_one(Certificate, number)
            row.try_at = row.try_at and unit.now
        with place.rounds.work() as unit:
            assert unit.renderings.take(number) is not None
            unit.renderings.failed(number, code)


def test_a_certificate_is_rendered_once_and_kept_with_its_hash(place: Ward) -> None:
    number = certificate(place).id
    assert due(place.rounds) == [number]
    render(place.rounds, number)
    made = certificate(place)
    assert made.pdf is not None
    assert (made.sha256, made.problem) == (sha256(made.pdf).hexdigest(), None)
    assert due(place.rounds) == []
    change(place, design="one-that-came-later", facts={})
    render(place.rounds, number)
    with place.rounds.reading() as unit:
        file = unit.certificates.file_for(place.amara, place.activity, place.amara.person)
    assert file.content == made.pdf


def test_of_two_files_the_first_stays(place: Ward) -> None:
    number = certificate(place).id
    for content in (b"%PDF-1.first", b"%PDF-1.second"):
        with place.rounds.work() as unit:
            unit.renderings.made(number, Pdf(content, content.hex(), 1))
    assert certificate(place).pdf == b"%PDF-1.first"


# -- What fails ----------------------------------------------------------------------------------


def test_facts_that_cannot_be_printed_are_set_aside_at_once(place: Ward) -> None:
    found = certificate(place)
    change(place, facts=found.facts | {"activity": ""})
    render(place.rounds, found.id)
    failed = certificate(place)
    assert (failed.pdf, failed.problem) == (None, "certificate-facts-faulty")
    assert due(place.rounds) == []
    with place.rounds.reading() as unit:
        shown = unit.certificates.of_intern(place.activity, place.amara.person)
        assert shown is not None
        assert (shown.ready, shown.problem) == (False, "certificate-facts-faulty")


def test_a_certificate_whose_design_is_gone_waits_until_it_is_back(
    place: Ward, clock: Clock, tmp_path: Path
) -> None:
    settings = replace(place.rounds.settings, design_folders=(tmp_path / "designs",))
    schools = replace(place.rounds, settings=settings)
    number = certificate(place).id
    change(place, design="northgate")
    fail(place, number, [DesignFaulty.code] * 4)
    clock.move(days=1)
    render(schools, number)
    assert (certificate(place).problem, due(schools)) == (DesignFaulty.code, [])
    reconsider(schools)
    assert due(schools) == []
    own_design(tmp_path / "designs")
    reconsider(schools)
    render(schools, number)
    assert certificate(place).pdf is not None


def test_a_faulty_design_is_tried_some_times_and_then_set_aside(place: Ward, clock: Clock) -> None:
    number = certificate(place).id
    change(place, design="missing")
    waits = []
    while number in due(place.rounds):
        render(place.rounds, number)
        failed = certificate(place)
        assert (failed.pdf, failed.problem) == (None, "certificate-design-faulty")
        assert due(place.rounds) == []
        if failed.try_at is not None:
            waits.append(failed.try_at - clock.now)
            clock.now = failed.try_at
    assert len(waits) == 4
    assert waits == sorted(waits)
    clock.move(days=400)
    assert due(place.rounds) == []


def test_the_others_are_made(place: Ward) -> None:
    poisonous = certificate(place)
    change(place, facts=poisonous.facts | {"activity": ""})
    place.score(place.helen, place.jonas, "teamwork", 3)
    place.score(place.ruth, place.jonas, "teamwork", 3)
    for number in due(place.rounds):
        render(place.rounds, number)
    with place.rounds.reading() as unit:
        rows = unit.session.scalars(select(Certificate).order_by(Certificate.id)).all()
        assert [row.sha256 is None for row in rows] == [True, False]


def test_what_was_set_aside_is_made_when_a_course_lead_asks_again(place: Ward) -> None:
    found = certificate(place)
    change(place, facts=found.facts | {"activity": ""})
    render(place.rounds, found.id)
    change(place, facts=found.facts, problem=None)
    assert due(place.rounds) == [found.id]
    render(place.rounds, found.id)
    assert certificate(place).sha256 is not None


def test_a_new_start_alone_tries_nothing_that_was_set_aside(place: Ward) -> None:
    number = certificate(place).id
    fail(place, number, [BROKE] * 5)
    reconsider(place.rounds)
    assert due(place.rounds) == []
    more = replace(place.rounds.settings, certificate_seconds=90)
    reconsider(replace(place.rounds, settings=more))
    assert due(place.rounds) == [number]
    assert certificate(place).problem is None


def test_what_takes_the_deliverer_along_is_not_begun_for_ever(place: Ward) -> None:
    number = certificate(place).id
    for _ in range(MOST_BEGUN):
        with place.rounds.work() as unit:
            assert unit.renderings.take(number) is not None
        reconsider(place.rounds)
    with place.rounds.work() as unit:
        assert unit.renderings.take(number) is None
    assert certificate(place).problem == BROKE
    assert due(place.rounds) == []


# -- Trouble that passes -------------------------------------------------------------------------


def test_trouble_of_the_machine_sets_nothing_aside(place: Ward, clock: Clock) -> None:
    number = certificate(place).id
    fail(place, number, [OFF] * 40)
    failed = certificate(place)
    assert failed.problem == OFF
    assert failed.try_at is not None
    assert clock.now < failed.try_at
    clock.now = failed.try_at
    assert due(place.rounds) == [number]
    fail(place, number, [BROKE] * 4)
    assert certificate(place).try_at is not None


def test_what_waits_to_be_tried_again_is_tried_at_a_start(place: Ward) -> None:
    number = certificate(place).id
    fail(place, number, [OFF] * 40)
    assert due(place.rounds) == []
    reconsider(place.rounds)
    assert due(place.rounds) == [number]


def test_a_killed_child_costs_one_try(place: Ward, clock: Clock) -> None:
    number = certificate(place).id
    settings = replace(place.rounds.settings, certificate_megabytes=next(OTHER_CHILD))
    other = replace(place.rounds, settings=settings)
    before = renderers(os.getpid())
    render(other, number)
    change(place, sha256=None, pdf=None)
    (child,) = renderers(os.getpid()) - before
    os.kill(child, signal.SIGSTOP)
    rendering = Thread(target=render, args=[other, number])
    rendering.start()
    os.kill(child, signal.SIGKILL)
    rendering.join()
    failed = certificate(place)
    assert (failed.problem, failed.tries) == (BROKE, 1)
    assert failed.try_at is not None
    clock.now = failed.try_at
    render(other, number)
    made = certificate(place)
    assert made.sha256 is not None
    assert (made.problem, made.tries) == (None, 0)


WITHOUT_PANGO = """
import cffi
real = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if "pangoft2" in str(name):
        raise OSError("no such library")
    return real(self, name, flags)
cffi.FFI.dlopen = dlopen
"""


def test_where_certificates_are_off_the_grade_goes_and_the_file_comes_later(
    place: Ward,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a machine without pango: a module that Python starts with keeps it from being found."""
    missing = tmp_path / "sitecustomize.py"
    missing.write_text(WITHOUT_PANGO)
    monkeypatch.syspath_prepend(tmp_path)
    other_child = {"certificate_megabytes": next(OTHER_CHILD), "certificate_seconds": 5}
    rounds = replace(place.rounds, settings=replace(place.rounds.settings, **other_child))
    number = certificate(place).id
    render(rounds, number)
    assert certificate(place).problem == OFF
    with place.rounds.reading() as unit:
        scores = unit.session.scalars(select(Passback.message).order_by(Passback.id)).all()
    assert scores[-1]["score"] == "80"
    missing.unlink()
    while certificate(place).sha256 is None:
        clock.move(days=1)
        render(rounds, number)
        time.sleep(0.2)
