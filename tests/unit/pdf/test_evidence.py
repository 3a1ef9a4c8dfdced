"""Evidence in documents: what it says, what counts, and that nothing around it can be changed."""

import io
import random
import shutil
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count, cycle
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms, core, tsp
from asn1crypto.crl import CertificateList
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from lti_tool.credentials.seals import make_seal
from lti_tool.domain.errors import FileChanged, SealRevoked, TimestampAway, TimestampRevoked
from lti_tool.pdf import (
    Evidence,
    Seal,
    Standing,
    check_in_process,
    judge,
    load_design,
    render,
    sign,
)
from lti_tool.pdf.checking import answer, check
from tests import timestamping
from tests.authorities import Authority
from tests.certificates import FACTS
from tests.seals import STAMPING, Issued, authority, issued, rsa_key

DESIGN = Path(__file__).parents[3] / "templates" / "designs" / "standard"
NAME = "Northgate School of Medicine"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return render(load_design(DESIGN), FACTS, attachment=b"a.b.c").content


@pytest.fixture(scope="module")
def ours() -> Authority:
    """Whoever issued the seal."""
    return Authority()


@pytest.fixture(scope="module")
def theirs() -> Authority:
    """Whoever issued the certificate of the timestamp service."""
    return Authority()


@pytest.fixture(scope="module")
def seal(ours: Authority) -> Issued:
    return ours.issue()


@pytest.fixture(scope="module")
def clock_service(theirs: Authority) -> Issued:
    return theirs.issue("Clock", key=rsa_key(), purposes=STAMPING)


class Signing:
    """Signs with this seal and service, and finds what is told of their certificates."""

    def __init__(self, seal: Seal, stamp: Callable[[bytes], bytes], *told: Evidence) -> None:
        self.seal, self.stamp = seal, stamp
        self.told = {one.certificates[0]: one for one in told}

    def __call__(self, plain: bytes) -> bytes:
        return sign(plain, self.seal, name=NAME, stamp=self.stamp, vouch=self.vouch)

    def vouch(self, certificates: Sequence[bytes]) -> Evidence:
        return self.told.get(certificates[0], Evidence(missing="nobody says anything"))


@pytest.fixture(scope="module")
def signing(ours: Authority, theirs: Authority, seal: Issued, clock_service: Issued) -> Signing:
    return Signing(
        seal.seal(ours.own),
        timestamping.stamp_by(clock_service, theirs.own),
        ours.evidence(seal),
        theirs.evidence(clock_service),
    )


@pytest.fixture(scope="module")
def signed(plain: bytes, signing: Signing) -> bytes:
    return signing(plain)


def found(content: bytes) -> tuple[str, bool]:
    """As `rounds verify` finds it, without the process of its own that this takes."""
    checked = check(content)
    return checked["level"], checked["unrevoked"]


# -- What a file says ------------------------------------------------------------------------------


def test_a_file_shows_by_itself_that_nothing_was_revoked(signed: bytes) -> None:
    checked = check_in_process(signed)
    assert (checked.level, checked.unrevoked) == ("B-LT", True)


def test_the_evidence_is_of_one_piece_with_the_signature(
    plain: bytes, signed: bytes, ours: Authority, theirs: Authority, clock_service: Issued
) -> None:
    """In the same increment, behind the file as it was, and each piece once."""
    assert signed.startswith(plain)
    assert signed.count(b"%%EOF") == plain.count(b"%%EOF") + 1
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        store = pdf.Root.DSS
        certificates = [one.read_bytes() for one in store.Certs]
        assert certificates == [clock_service.der, theirs.own.der]
        assert (len(store.OCSPs), len(store.CRLs)) == (2, 2)
        assert pdf.Root.Extensions.ESIC.BaseVersion == "/1.7"
        [field] = pdf.Root.AcroForm.Fields
        assert field.V.Reference[0].TransformParams.P == 1


def test_nobody_but_itself_can_revoke_a_key_of_our_own_making(
    plain: bytes, signing: Signing, theirs: Authority, clock_service: Issued
) -> None:
    own = make_seal("https://rounds.northgate.example", NOW)
    told = (Evidence(certificates=own.certificates), theirs.evidence(clock_service))
    assert found(Signing(own, signing.stamp, *told)(plain)) == ("B-LT", True)


def test_what_is_missing_lowers_the_level_and_stops_nothing(
    plain: bytes, signing: Signing, ours: Authority, theirs: Authority, seal: Issued
) -> None:
    of_seal = ours.evidence(seal)
    assert found(Signing(signing.seal, signing.stamp, of_seal)(plain)) == ("B-T", True)
    of_service = signing.told[next(one for one in signing.told if one != seal.der)]
    assert found(Signing(signing.seal, signing.stamp, of_service)(plain)) == ("B-T", False)
    assert found(Signing(signing.seal, signing.stamp)(plain)) == ("B-T", False)


def test_a_chain_whose_end_is_missing_shows_nothing(plain: bytes, signing: Signing) -> None:
    """Nobody here knows who vouches for it, and so not whether they still do."""
    loose = Seal(signing.seal.private, signing.seal.certificates[:1])
    told = [one for key, one in signing.told.items() if key != loose.certificates[0]]
    assert found(Signing(loose, signing.stamp, *told)(plain)) == ("B-T", False)


def test_what_a_root_says_of_itself_is_not_looked_at(plain: bytes, signing: Signing) -> None:
    """Old ones are signed with SHA-1, which nobody checks any more; here the signature is wrong."""
    root = authority()
    unsound = x509.load_der_x509_certificate(root.der[:-1] + bytes([root.der[-1] ^ 1]))
    old = Authority(Issued(root.key, unsound))
    seal = old.issue()
    told = Signing(seal.seal(old.own), signing.stamp, old.evidence(seal), *signing.told.values())
    assert found(told(plain)) == ("B-LT", True)


def test_evidence_that_was_outdated_when_it_was_signed_shows_nothing(
    plain: bytes, signing: Signing, ours: Authority, seal: Issued
) -> None:
    old = Authority(ours.own, clock=lambda: NOW - timedelta(days=1), given=ours.given)
    told = [old.evidence(seal) if one == seal.der else found for one, found in signing.told.items()]
    assert found(Signing(signing.seal, signing.stamp, *told)(plain)) == ("B-T", False)


def test_without_a_timestamp_nobody_is_asked(plain: bytes, signing: Signing) -> None:
    def never(_: Sequence[bytes]) -> Evidence:
        raise AssertionError("somebody was asked")

    assert found(sign(plain, signing.seal, name=NAME, vouch=never)) == ("B-B", False)
    old = sign(plain, signing.seal, name=NAME, stamp=signing.stamp)
    assert found(old) == ("B-T", False)


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="pdfsig (apt: poppler-utils) is missing")
def test_another_reader_finds_all_of_it_signed(signed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(signed)
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in told
    assert "Total document signed" in told


# -- What was revoked ------------------------------------------------------------------------------


def test_nothing_is_signed_with_what_was_revoked(
    plain: bytes, signing: Signing, seal: Issued, clock_service: Issued
) -> None:
    for one, refusal in ((seal, SealRevoked), (clock_service, TimestampRevoked)):
        revoked = Evidence(certificates=(one.der,), revoked=True)
        told = [*signing.told.values(), revoked]
        with pytest.raises(refusal):
            Signing(signing.seal, signing.stamp, *told)(plain)


# -- One byte, and other timestamps ----------------------------------------------------------------


def test_a_changed_byte_shows_in_the_evidence_and_around_it(plain: bytes, signed: bytes) -> None:
    """In a certificate above the seal's it shows as one that is not published: file-foreign."""
    published = answer(signed)["certificates"]
    start = signed.index(b"/Contents <", len(plain)) + len(b"/Contents ")
    end = signed.index(b">", start)
    regions = {
        "the evidence and what leads to it": range(len(plain), start),
        "the signature and its timestamp": range(start, end + 1),
        "what stands behind": range(end + 1, len(signed)),
    }
    chance = random.Random(5)
    for region, places in regions.items():
        for place in (places[0], places[-1], *chance.sample(places, min(60, len(places)))):
            changed = bytearray(signed)
            changed[place] ^= 1 << chance.randrange(8)
            told = answer(bytes(changed))
            genuine = "refusal" not in told and told["certificates"] == published
            assert not genuine, (region, place - places[0])


def stamped_anew(content: bytes, stamp: Callable[[bytes], bytes] | None) -> bytes:
    """The file with another timestamp in the place of its own, or with none."""
    start = content.rindex(b"/Contents <") + len(b"/Contents <")
    end = content.index(b">", start)
    whole = cms.ContentInfo.load(bytes.fromhex(content[start:end].decode()))
    [signer] = whole["content"]["signer_infos"]
    if stamp is None:
        signer["unsigned_attrs"] = None
    else:
        hashed = sha256(signer["signature"].native).digest()
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashed}
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
        token = tsp.TimeStampResp.load(stamp(request.dump()))["time_stamp_token"]
        kind = {"type": "signature_time_stamp_token", "values": [token]}
        signer["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute(kind)])
    written = whole.dump(force=True).hex().upper().encode()
    return content[:start] + written.ljust(end - start, b"0") + content[end:]


def test_no_other_timestamp_can_be_put_in_the_place_of_its_own(
    signed: bytes, signing: Signing
) -> None:
    assert found(stamped_anew(signed, signing.stamp)) == ("B-LT", True), "of the same service"
    for other in (timestamping.stamp, None):
        with pytest.raises(FileChanged):
            check(stamped_anew(signed, other))


def test_what_a_timestamp_does_not_cover_of_itself_is_taken_away(
    plain: bytes, signed: bytes, signing: Signing, theirs: Authority
) -> None:
    def with_more(request: bytes) -> bytes:
        given = tsp.TimeStampResp.load(signing.stamp(request)).copy()
        stamp = given["time_stamp_token"]["content"]
        listed = CertificateList.load(theirs.evidence().lists[0])
        stamp["crls"] = [cms.RevocationInfoChoice("crl", listed)]
        [signer] = stamp["signer_infos"]
        signer["unsigned_attrs"] = [{"type": "1.2.3", "values": [core.Integer(5)]}]
        return bytes(given.dump(force=True))

    untold = Signing(signing.seal, with_more, *signing.told.values())
    assert found(untold(plain)) == ("B-LT", True)
    with pytest.raises(FileChanged):
        check(stamped_anew(signed, with_more))


def test_a_service_may_have_several_certificates(
    plain: bytes, signing: Signing, theirs: Authority
) -> None:
    """The one that comes next cannot be foreseen: then the file names those of late, and is signed
    anew.
    """
    several = [theirs.issue(f"Clock {n}", key=rsa_key(), purposes=STAMPING) for n in range(3)]
    turn = cycle([timestamping.stamp_by(one, theirs.own) for one in several])
    told = [*signing.told.values(), *map(theirs.evidence, several)]
    taking_turns = Signing(signing.seal, lambda request: next(turn)(request), *told)
    for _ in range(4):
        assert found(taking_turns(plain)) == ("B-LT", True)


def test_a_service_whose_certificate_is_never_the_same_is_none(
    plain: bytes, signing: Signing
) -> None:
    names = map(str, count())
    endless = Signing(signing.seal, lambda asked: timestamping.stamp(asked, next(names)))
    with pytest.raises(TimestampAway):
        endless(plain)


# -- What counts -----------------------------------------------------------------------------------


def test_an_answer_and_a_list_of_whom_issued_it_count(ours: Authority, seal: Issued) -> None:
    said = ours.evidence(seal)
    by_answer = Evidence(answers=said.answers)
    by_list = Evidence(lists=said.lists)
    for each in (by_answer, by_list):
        assert judge(seal.der, ours.own.der, each, NOW) is Standing.GOOD
    strict = Authority(ours.own, given=ours.given)
    strict.revoke(seal)
    said = strict.evidence(seal)
    later = datetime.now(UTC)
    for each in (Evidence(answers=said.answers), Evidence(lists=said.lists)):
        assert judge(seal.der, ours.own.der, each, later) is Standing.REVOKED


def test_what_is_no_evidence_does_not_count(ours: Authority, seal: Issued) -> None:
    said = ours.evidence(seal)
    other = ours.issue("Another seal")
    stranger = Authority(given=ours.given)  # of the same name, with another key
    for evidence in (
        Evidence(),
        Evidence(answers=(b"",), lists=(b"",)),
        Evidence(answers=(b"<html>Sign in</html>",)),
        Evidence(answers=(b"\x30\x03\x0a\x01\x06",)),  # a refusal: unauthorized
        Evidence(answers=ours.evidence(other).answers),
        Evidence(answers=(said.answers[0][:-1] + bytes([said.answers[0][-1] ^ 1]),)),
        stranger.evidence(seal),
    ):
        assert judge(seal.der, ours.own.der, evidence, NOW) is Standing.UNKNOWN
    for hours in (-1, 9):
        at = NOW + timedelta(hours=hours)
        assert judge(seal.der, ours.own.der, said, at) is Standing.UNKNOWN, "not of that time"


def test_whom_the_issuer_lets_answer_may_and_nobody_else(ours: Authority, seal: Issued) -> None:
    """RFC 6960 §4.2.2.2: by a certificate for this alone, which itself need not be asked about."""
    for purpose, counts in (
        (ExtendedKeyUsageOID.OCSP_SIGNING, Standing.GOOD),
        (ExtendedKeyUsageOID.EMAIL_PROTECTION, Standing.UNKNOWN),
    ):
        delegate = issued(
            "Responder", ours.own, purposes=[purpose], extensions=[x509.OCSPNoCheck()]
        )
        said = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                seal.certificate,
                ours.own.certificate,
                SHA256(),
                ocsp.OCSPCertStatus.GOOD,
                this_update=NOW,
                next_update=NOW + timedelta(hours=1),
                revocation_time=None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, delegate.certificate)
            .certificates([delegate.certificate])
            .sign(delegate.key, SHA256())
            .public_bytes(Encoding.DER)
        )
        assert judge(seal.der, ours.own.der, Evidence(answers=(said,)), NOW) is counts
