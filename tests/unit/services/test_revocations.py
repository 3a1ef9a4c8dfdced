"""Revocations: authorities are asked once in a while, and none of them can do harm."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import (
    AuthorityKeyIdentifier,
    SubjectKeyIdentifier,
    load_der_x509_certificate,
)
from structlog.testing import capture_logs

from lti_tool.pdf import LONGEST_CHAIN, Evidence
from lti_tool.services.authorities import LARGEST, PAUSE
from lti_tool.services.revocations import ASK_AGAIN, MOST_KEPT, Revocations
from lti_tool.settings import Settings
from tests.authorities import ISSUER, LIST, OCSP, Authority, serving
from tests.owing import Clock
from tests.seals import Issued, authority, rsa_key
from tests.stack import until


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(clock: Clock) -> Iterator[Authority]:
    since = clock() - timedelta(days=1)
    with serving(authority(since=since), clock=clock) as found:
        yield found


@pytest.fixture
def ask(settings: Settings, clock: Clock) -> Revocations:
    return Revocations(replace(settings, http_read_seconds=20), clock)


@pytest.fixture
def impatient(settings: Settings, clock: Clock) -> Revocations:
    return Revocations(replace(settings, http_read_seconds=0.3), clock)


@pytest.fixture
def database_url() -> str:
    """No database is asked."""
    return "sqlite://"


def chain(*certificates: Issued) -> list[bytes]:
    return [one.der for one in certificates]


def sealed(root: Authority, *ways: str) -> list[bytes]:
    """The chain of a seal about which these ways lead to an answer."""
    return chain(root.issue(ways=ways, since=root.clock() - timedelta(days=1)), root.own)


# -- What is found ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("way", "parts"), [(OCSP, (1, 0)), (LIST, (0, 1))])
def test_an_authority_says_by_either_way_that_nothing_is_revoked(
    way: str, parts: tuple[int, int], root: Authority, ask: Revocations
) -> None:
    certificates = sealed(root, way)
    found = ask(certificates)
    assert (len(found.answers), len(found.lists)) == parts
    assert found.certificates == tuple(certificates)
    assert (found.revoked, found.missing) == (False, "")


def test_a_list_is_read_only_where_the_answer_is_none(root: Authority, ask: Revocations) -> None:
    ask(sealed(root, OCSP, LIST))
    assert root.asked == {OCSP: 1}
    root.broken.add(OCSP)
    found = ask(sealed(root, OCSP, LIST))
    assert (len(found.answers), len(found.lists)) == (0, 1)


@pytest.mark.parametrize("way", [OCSP, LIST])
def test_what_is_revoked_is_said_to_be(way: str, root: Authority, ask: Revocations) -> None:
    seal = root.issue(ways=(way,), since=root.clock() - timedelta(days=1))
    root.revoke(seal)
    assert ask(chain(seal, root.own)).revoked


def test_a_certificate_that_is_its_own_issuer_needs_nothing(
    root: Authority, ask: Revocations
) -> None:
    assert ask(chain(root.own)) == Evidence(certificates=(root.own.der,))


def test_a_new_key_of_an_authority_is_asked_about_by_the_old_one(
    root: Authority, ask: Revocations
) -> None:
    """Its certificate has the authority's name twice, and is no root (RFC 5280 §3.2)."""
    name, key = "Trust Services of Tests", rsa_key()
    ids = [
        SubjectKeyIdentifier.from_public_key(key.public_key()),
        AuthorityKeyIdentifier.from_issuer_public_key(root.own.key.public_key()),
    ]
    since = root.clock() - timedelta(days=1)
    new = root.issue(name, (LIST,), key=key, since=since, more=ids)
    found = ask(chain(new, root.own))
    assert (found.certificates, len(found.lists)) == ((new.der, root.own.der), 1)


def in_a_message(certificate: bytes) -> bytes:
    """The way some authorities give theirs (RFC 5280 §4.2.2.1)."""
    found = load_der_x509_certificate(certificate)
    return pkcs7.serialize_certificates([found], Encoding.DER)


@pytest.mark.parametrize("given", [bytes, in_a_message])
def test_an_issuer_that_is_not_at_hand_is_fetched_and_asked_about(
    given: Callable[[bytes], bytes], root: Authority, ask: Revocations, clock: Clock
) -> None:
    between = root.authority("Between", (LIST, ISSUER), since=clock() - timedelta(days=1))
    with serving(between, clock=clock) as below:
        seal = below.issue(ways=(OCSP,), since=clock() - timedelta(days=1))
        root.mangle = lambda said: given(said) if said == root.own.der else said
        found = ask(chain(seal, between))
    assert found.certificates == (seal.der, between.der, root.own.der)
    assert (len(found.answers), len(found.lists), found.missing) == (1, 1, "")


def test_another_certificate_than_the_issuer_s_is_not_believed(
    root: Authority, ask: Revocations
) -> None:
    [seal, _] = sealed(root, OCSP, ISSUER)
    root.mangle = lambda said: authority().der
    assert "nobody has the certificate of" in ask([seal]).missing


def of_no_kind(_: bytes) -> bytes:
    """A message of CMS with nothing in it, not even a signature."""
    return b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"


def of_no_version(said: bytes) -> bytes:
    """A certificate of the third version, or a list of the second, says that it is of the 78th."""
    third, second = b"\xa0\x03\x02\x01\x02", b"\x02\x01\x01"
    known = third if third in said else second
    return said.replace(known, known[:-1] + b"\x4e", 1)


@pytest.mark.parametrize(
    ("way", "mangle", "told"),
    [
        (ISSUER, of_no_kind, "nobody has the certificate of"),
        (ISSUER, of_no_version, "nobody has the certificate of"),
        (LIST, of_no_version, "gives no list of revoked certificates"),
    ],
)
def test_what_only_looks_like_an_answer_is_told(
    way: str, mangle: Callable[[bytes], bytes], told: str, root: Authority, ask: Revocations
) -> None:
    certificates = sealed(root, way)
    root.mangle = mangle
    assert told in ask(certificates[: 1 if way == ISSUER else 2]).missing


def test_a_certificate_that_says_a_thing_twice_cannot_be_read(
    root: Authority, ask: Revocations
) -> None:
    [seal, _] = sealed(root, OCSP)
    twice = asn1.Certificate.load(seal)
    said = twice["tbs_certificate"]["extensions"]
    said.append(said[-1])
    assert "cannot be read" in ask([twice.dump(force=True), root.own.der]).missing


# -- How often -------------------------------------------------------------------------------------


def test_a_thousand_certificates_ask_once_an_hour(
    root: Authority, ask: Revocations, clock: Clock
) -> None:
    certificates = sealed(root, OCSP)
    for _ in range(1000):
        ask(certificates)
    assert root.asked == {OCSP: 1}
    clock.now += ASK_AGAIN
    ask(certificates)
    assert root.asked == {OCSP: 2}


def test_threads_that_come_at_once_ask_once(root: Authority, ask: Revocations) -> None:
    certificates = sealed(root, OCSP)
    root.delay = 0.1
    threads = [threading.Thread(target=ask, args=(certificates,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert root.asked == {OCSP: 1}


def test_what_was_said_serves_while_its_authority_is_away_until_it_is_outdated(
    root: Authority, ask: Revocations, clock: Clock
) -> None:
    certificates = sealed(root, OCSP)
    said = ask(certificates)
    root.status = 503
    clock.now += ASK_AGAIN
    assert ask(certificates) == said
    clock.now += root.lasts
    assert ask(certificates).missing
    root.status = 200
    clock.now += PAUSE
    assert ask(certificates).missing == ""


def test_a_revocation_takes_hold_when_it_is_asked_again(
    root: Authority, ask: Revocations, clock: Clock
) -> None:
    seal = root.issue(ways=(OCSP,), since=clock() - timedelta(days=1))
    assert not ask(chain(seal, root.own)).revoked
    root.revoke(seal)
    clock.now += ASK_AGAIN
    assert ask(chain(seal, root.own)).revoked


# -- Ill behaved -----------------------------------------------------------------------------------


def hang(root: Authority) -> None:
    root.delay = 1


def fail(root: Authority) -> None:
    root.status = 500


def talk_nonsense(root: Authority) -> None:
    root.mangle = lambda _: b"\x30\x03nonsense"


def show_a_page(root: Authority) -> None:
    root.mangle = lambda _: b"<html>Sign in</html>"


def never_end(root: Authority) -> None:
    root.padding = LARGEST


def sign_with_another_key(root: Authority) -> None:
    root.own = Issued(authority().key, root.own.certificate)


def say_old_things(root: Authority) -> None:
    at = root.clock() - timedelta(days=2)
    root.clock = lambda: at


@pytest.mark.parametrize(
    "misbehave",
    [hang, fail, talk_nonsense, show_a_page, never_end, sign_with_another_key, say_old_things],
)
@pytest.mark.parametrize("way", [OCSP, LIST])
def test_what_is_no_answer_is_told_and_not_asked_again_for_a_while(
    way: str,
    misbehave: Callable[[Authority], None],
    root: Authority,
    ask: Revocations,
    impatient: Revocations,
    clock: Clock,
) -> None:
    certificates = sealed(root, way)
    misbehave(root)
    ask = impatient if misbehave is hang else ask
    with capture_logs() as logged:
        for _ in range(3):
            found = ask(certificates)
            assert (found.answers, found.lists, found.revoked) == ((), (), False)
            assert found.missing
    assert [line["code"] for line in logged] == ["evidence-away"]
    until(lambda: root.asked == {way: 1})
    clock.now += PAUSE
    ask(certificates)
    until(lambda: root.asked == {way: 2})


@pytest.mark.parametrize("at_hand", [1, 3, 21])
def test_a_chain_without_an_end_is_not_followed_for_ever(
    at_hand: int, root: Authority, ask: Revocations
) -> None:
    """Whoever stands between us and a timestamp service can make one up, as long as they like."""
    links, since = [root.own], root.clock() - timedelta(days=1)
    for number in range(20):
        above = Authority(links[0], root.url)
        links.insert(0, above.authority(f"Link {number}", (ISSUER,), since=since))
    fetched = iter(links[at_hand:])
    root.mangle = lambda _: next(fetched).der
    found = ask(chain(*links[:at_hand]))
    assert len(found.certificates) == LONGEST_CHAIN
    assert root.asked[ISSUER] == max(0, LONGEST_CHAIN - at_hand)
    assert found.missing


def test_a_host_that_hangs_is_waited_for_once(root: Authority, impatient: Revocations) -> None:
    """Not for each certificate and by each way."""
    root.delay = 1
    for _ in range(3):
        impatient(sealed(root, OCSP, LIST))
    until(lambda: root.asked.total() == 1)


def test_a_certificate_that_names_nobody_is_told(root: Authority, ask: Revocations) -> None:
    assert "names nobody to ask" in ask(sealed(root)).missing
    assert "cannot be read" in ask([b"no certificate", root.own.der]).missing


def test_a_private_network_that_nobody_named_is_not_called(
    root: Authority, settings: Settings, clock: Clock
) -> None:
    certificates = sealed(root, OCSP, LIST)
    found = Revocations(replace(settings, private_platforms=()), clock)(certificates)
    assert "may be called" in found.missing
    assert not root.asked


def test_little_is_kept_however_many_are_asked_about(root: Authority, ask: Revocations) -> None:
    first = sealed(root, OCSP)
    ask(first)
    for _ in range(MOST_KEPT):
        ask(sealed(root))
    ask(first)
    assert root.asked == {OCSP: 2}
