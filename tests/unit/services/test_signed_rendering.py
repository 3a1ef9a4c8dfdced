"""Signed rendering: each file carries its credential and is signed, or there is none at all."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import undefer
from structlog.testing import capture_logs

from lti_tool import pdf
from lti_tool.credentials import issuer_keys
from lti_tool.credentials.proving import Proof, prove
from lti_tool.credentials.published_keys import PublishedKeys
from lti_tool.domain.issuer import Signs
from lti_tool.models.certificate import Certificate
from lti_tool.models.issuer import Institution
from lti_tool.pdf import Logo, check_in_process, signing
from lti_tool.services.rendering import render
from lti_tool.services.unit import Rounds
from tests import authorities, timestamping
from tests.authorities import Authority
from tests.factories import Ward, ward
from tests.owing import Clock
from tests.seals import STAMPING, YEAR, Issued, authority, issued, rsa_key
from tests.timestamping import Service

AWAY, REVOKED = "timestamp-away", "seal-revoked"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def earned(rounds: Rounds, clock: Clock, **settings: Any) -> Ward:
    """Amara's certificate is issued and not rendered; nothing is waited for between tries."""
    changed = replace(rounds.settings, **{"retry_seconds": 0.01} | settings)
    place = ward(replace(rounds, clock=clock, settings=changed), weights={"teamwork": 100})
    for supervisor in (place.helen, place.ruth):
        place.score(supervisor, place.amara, "teamwork", 3)
    return place


def certificate(place: Ward) -> Certificate:
    with place.rounds.reading() as unit:
        return unit.session.scalars(
            select(Certificate).options(undefer(Certificate.pdf), undefer(Certificate.credential))
        ).one()


def rendered(place: Ward) -> Certificate:
    """The certificate after a try to make it, whenever the next one would have been due."""
    with place.rounds.work() as unit:
        waits = Certificate.try_at.is_not(None)
        unit.session.execute(update(Certificate).where(waits).values(try_at=unit.now))
    render(place.rounds, certificate(place).id)
    return certificate(place)


def proof(place: Ward, content: bytes) -> Proof:
    with place.rounds.reading() as unit:
        keys = PublishedKeys(unit.issuer_keys.published())
    return prove(content, keys, place.rounds.clock())


def test_the_file_is_proven_by_the_published_keys(rounds: Rounds, clock: Clock) -> None:
    place = earned(rounds, clock)
    made = rendered(place)
    assert made.pdf is not None
    assert made.credential is not None
    found = proof(place, made.pdf)
    assert found.certificate == made.facts["verify_url"]
    assert [one.code for one in found.proven] == [
        *("file-whole", "signed-by", "credential-whole", "same")
    ]
    assert check_in_process(made.pdf).attachments["credential.jwt"] == made.credential.encode()


def test_a_further_try_has_the_same_credential(rounds: Rounds, clock: Clock) -> None:
    place = earned(rounds, clock)
    with place.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(design="missing"))
    failed = rendered(place)
    assert (failed.pdf, failed.problem) == (None, "certificate-design-faulty")
    with place.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(design="standard"))
        unit.issuer_keys.rotate(Signs.CREDENTIAL)
    made = rendered(place)
    assert made.credential == failed.credential is not None
    assert made.pdf is not None
    assert proof(place, made.pdf).certificate


def test_the_logo_is_the_school_s_of_the_certificate_s_platform(
    rounds: Rounds, clock: Clock
) -> None:
    place = earned(rounds, clock)
    row = certificate(place)
    with place.rounds.work() as unit:
        school = Institution(
            platform_id=row.platform_id,
            logo=b"<svg/>",
            logo_type="image/svg+xml",
            updated_at=unit.now,
        )
        unit.session.add(school)
    with place.rounds.work() as unit:
        order = unit.renderings.take(row.id)
    assert order is not None
    assert order.logo == Logo(b"<svg/>", "image/svg+xml")


# -- Timestamps ------------------------------------------------------------------------------------


def test_a_named_service_stamps_each_file(rounds: Rounds, clock: Clock) -> None:
    with timestamping.serving() as service:
        place = earned(rounds, clock, timestamp_url=service.url)
        made = rendered(place)
    assert made.pdf is not None
    assert timestamping.NAME in str(check_in_process(made.pdf).stamped_by)


def impatient(place: Ward) -> Ward:
    settings = replace(place.rounds.settings, http_read_seconds=0.2)
    return replace(place, rounds=replace(place.rounds, settings=settings))


def hang(service: Service) -> None:
    service.delay = 1


def fail(service: Service) -> None:
    service.status = 500


def talk_nonsense(service: Service) -> None:
    service.answer = lambda _: b"\x30\x03nonsense"


def show_a_page(service: Service) -> None:
    service.answer = lambda _: b"<html>Sign in</html>"


def never_end(service: Service) -> None:
    service.answer = lambda _: bytes(3_000_000)


def stamp_something_else(service: Service) -> None:
    service.answer = timestamping.stamp_of_something_else


@pytest.mark.parametrize(
    "misbehave", [hang, fail, talk_nonsense, show_a_page, never_end, stamp_something_else]
)
def test_without_a_timestamp_nothing_is_issued_and_nothing_given_up(
    misbehave: Callable[[Service], None], rounds: Rounds, clock: Clock
) -> None:
    with timestamping.serving() as service:
        place = earned(rounds, clock, timestamp_url=service.url)
        misbehave(service)
        failed = rendered(impatient(place) if misbehave is hang else place)
        assert (failed.pdf, failed.sha256, failed.problem) == (None, None, AWAY)
        assert failed.try_at is not None
        service.delay, service.status, service.answer = 0, 200, timestamping.stamp
        with place.rounds.work() as unit:  # as many failures as set any other problem aside
            for _ in range(30):
                unit.renderings.failed(failed.id, AWAY)
        assert certificate(place).try_at is not None
        made = rendered(place)
    assert (made.pdf is not None, made.problem) == (True, None)


def test_a_service_that_is_away_is_not_asked_again_and_again(rounds: Rounds, clock: Clock) -> None:
    with timestamping.serving() as service:
        place = earned(rounds, clock, timestamp_url=service.url, retry_seconds=600)
        service.status = 503
        for _ in range(3):
            assert rendered(place).problem == AWAY
    assert service.asked == 1


# -- Evidence --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trust:
    """A ward whose seal and timestamp service are of an authority, which can be asked."""

    place: Ward
    authority: Authority
    seal: Issued
    service: Issued


@pytest.fixture
def trust(rounds: Rounds, clock: Clock) -> Iterator[Trust]:
    clock.now = datetime.now(UTC)  # that of the timestamps
    with authorities.serving(clock=clock) as office, timestamping.serving() as clocks:
        seal = office.issue()
        service = office.issue("Clock", key=rsa_key(), purposes=STAMPING)
        clocks.answer = timestamping.stamp_by(service, office.own)
        place = earned(rounds, clock, timestamp_url=clocks.url, retry_seconds=600)
        with place.rounds.work() as unit:
            unit.issuer_keys.bring(seal.seal(office.own))
        yield Trust(place, office, seal, service)


def level(place: Ward) -> str:
    made = rendered(place)
    assert made.pdf is not None, made.problem
    return check_in_process(made.pdf).level


def test_with_a_timestamp_goes_the_evidence_that_nothing_is_revoked(trust: Trust) -> None:
    made = rendered(trust.place)
    assert made.pdf is not None
    found = proof(trust.place, made.pdf)
    assert found.level == "B-LT"
    assert "signer-not-revoked" in [one.code for one in found.proven]
    assert "signer-revocation" not in [one.code for one in found.unproven]


def test_without_evidence_it_is_signed_all_the_same_and_told(trust: Trust) -> None:
    trust.authority.status = 503
    with capture_logs() as logged:
        assert level(trust.place) == "B-T"
    assert "evidence-away" in [line.get("code") for line in logged]


@pytest.mark.parametrize(("whose", "code"), [("seal", REVOKED), ("service", "timestamp-revoked")])
def test_with_what_is_revoked_nothing_is_signed_and_nothing_given_up(
    whose: str, code: str, trust: Trust
) -> None:
    trust.authority.revoke(getattr(trust, whose))
    failed = rendered(trust.place)
    assert (failed.pdf, failed.sha256, failed.problem) == (None, None, code)
    with trust.place.rounds.work() as unit:  # as many failures as set any other problem aside
        for _ in range(30):
            unit.renderings.failed(failed.id, code)
    assert certificate(trust.place).try_at is not None


def test_a_revoked_seal_waits_for_another_key_and_no_longer(trust: Trust) -> None:
    trust.authority.revoke(trust.seal)
    failed = rendered(trust.place)
    assert failed.problem == REVOKED
    with trust.place.rounds.work() as unit:
        for _ in range(5):  # so that it would not be tried again for long
            unit.renderings.failed(failed.id, REVOKED)
    with trust.place.rounds.work() as unit:
        assert unit.renderings.due(10) == []
        unit.issuer_keys.rotate(Signs.DOCUMENT)
        assert unit.renderings.due(10) == [failed.id]
    assert level(trust.place) == "B-LT"


# -- Keys ------------------------------------------------------------------------------------------


def test_with_an_expired_seal_certificates_wait_for_another(rounds: Rounds, clock: Clock) -> None:
    place = earned(rounds, clock)
    root = authority()
    seal = issued("Seal", root, since=clock() - timedelta(days=1), lasts=YEAR).seal(root)
    with place.rounds.work() as unit:
        unit.issuer_keys.bring(seal)
    clock.now += 2 * YEAR
    failed = rendered(place)
    assert (failed.pdf, failed.problem) == (None, "seal-expired")
    with place.rounds.work() as unit:
        unit.issuer_keys.rotate(Signs.DOCUMENT)
    assert rendered(place).pdf is not None


@pytest.mark.parametrize("signs", Signs)
def test_nothing_is_kept_that_a_key_signed_until_it_was_revoked(
    rounds: Rounds, clock: Clock, signs: Signs
) -> None:
    with timestamping.serving() as service:
        place = earned(rounds, clock, timestamp_url=service.url)

        def revoke_first(request: bytes) -> bytes:
            service.answer = timestamping.stamp
            with place.rounds.work() as unit:
                [kid] = [key.kid for key in unit.issuer_keys.all() if key.signs is signs]
                unit.issuer_keys.revoke(kid, unit.now, "A theft.")
            return timestamping.stamp(request)

        service.answer = revoke_first
        failed = rendered(place)
        assert (failed.pdf, failed.problem) == (None, REVOKED)
        made = rendered(place)
    assert made.pdf is not None
    assert proof(place, made.pdf).certificate


def test_what_a_key_may_have_signed_is_counted_whenever_it_was_made(
    rounds: Rounds, clock: Clock
) -> None:
    """A credential may be older than its file, and a seal comes back after another signed."""
    place = earned(rounds, clock)
    root = authority()
    seal = issued("Seal", root, since=clock() - timedelta(days=1)).seal(root)
    with place.rounds.work() as unit:
        unit.issuer_keys.bring(seal)
        unit.session.execute(update(Certificate).values(design="missing"))
    assert rendered(place).credential is not None
    with place.rounds.work() as unit:
        unit.session.execute(update(Certificate).values(design="standard"))
    clock.now += timedelta(days=1)
    with place.rounds.work() as unit:
        first = unit.issuer_keys.rotate(Signs.CREDENTIAL)
    clock.now += timedelta(days=1)
    assert rendered(place).pdf is not None
    clock.now += timedelta(days=1)
    with place.rounds.work() as unit:
        unit.issuer_keys.rotate(Signs.DOCUMENT)
    clock.now += timedelta(days=1)
    with place.rounds.work() as unit:
        again = unit.issuer_keys.bring(seal)
        old = [key.kid for key in unit.issuer_keys.all() if key.signs is Signs.CREDENTIAL]
        assert old.pop() == first.kid
        for kid in (again.kid, *old):
            assert [one.certificates for one in unit.issuer_keys.signed(kid)] == [1], kid


def test_keys_that_do_not_open_are_told_and_waited_for(rounds: Rounds, clock: Clock) -> None:
    place = earned(rounds, clock)
    with place.rounds.work() as unit:
        issuer_keys.ensure_keys(unit.session, place.rounds.settings, unit.now)
    settings = replace(place.rounds.settings, secret_key="another-key-for-tests-k8Vd2Qx7Lm4Zs9")
    locked = replace(place, rounds=replace(place.rounds, settings=settings))
    failed = rendered(locked)
    assert (failed.pdf, failed.credential, failed.problem) == (None, None, "secret-key-wrong")
    assert rendered(place).pdf is not None


def test_without_pyhanko_certificates_wait_for_it(
    rounds: Rounds, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = earned(rounds, clock)
    with monkeypatch.context() as missing:
        missing.delattr(pdf, "pades", raising=False)
        missing.setitem(sys.modules, "lti_tool.pdf.pades", None)
        signing._pades.cache_clear()
        failed = rendered(place)
        assert (failed.pdf, failed.problem) == (None, "signing-off")
    assert rendered(place).pdf is not None
