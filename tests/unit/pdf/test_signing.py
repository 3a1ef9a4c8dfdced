"""Signing: over the whole file, which stays fit for archives, and every change shows."""

import asyncio
import io
import random
import re
import shutil
import subprocess
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from lti_tool.credentials.seals import make_seal
from lti_tool.domain.errors import (
    FileChanged,
    FileUnreadable,
    FileUnsigned,
    SigningFailed,
    TimestampAway,
)
from lti_tool.pdf import check_in_process, load_design, render, sign
from lti_tool.pdf.apart import apart
from lti_tool.pdf.checking import answer
from lti_tool.pdf.pades import Signer
from tests import timestamping
from tests.certificates import FACTS
from tests.seals import authority, issued, rsa_key

CREDENTIAL = b"eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
SEAL = make_seal("https://rounds.northgate.example", datetime.now(UTC))
DESIGN = Path(__file__).parents[3] / "templates" / "designs" / "standard"
NAME = "Northgate School of Medicine"


@pytest.fixture(scope="module")
def plain() -> bytes:
    return render(load_design(DESIGN), FACTS, attachment=CREDENTIAL).content


@pytest.fixture(scope="module")
def signed(plain: bytes) -> bytes:
    return sign(plain, SEAL, name=NAME)


def hole(content: bytes) -> range:
    """Where the signature itself stands, which it cannot cover."""
    start = content.index(b"/Contents <") + len(b"/Contents ")
    return range(start, content.index(b">", start) + 1)


def flipped(content: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= bit
    return bytes(changed)


def refusal(content: bytes) -> str:
    """The code with which a file is refused; "" for a sound one."""
    return str(answer(content).get("refusal", ""))


# -- What is signed --------------------------------------------------------------------------------


def test_a_signed_file_is_sound_and_gives_what_it_carries(signed: bytes) -> None:
    before = datetime.now(UTC) - timedelta(minutes=10)
    found = check_in_process(signed)
    assert found.certificates == SEAL.certificates
    assert dict(found.attachments) == {"credential.jwt": CREDENTIAL}
    assert FACTS.verify_url in found.addresses
    assert found.signed_at is not None
    assert before < found.signed_at <= datetime.now(UTC)
    assert (found.stamped_at, found.stamped_by) == (None, None)


def test_it_is_signed_and_checked_where_a_loop_of_events_runs_too(plain: bytes) -> None:
    async def within() -> dict[str, Any]:
        return answer(sign(plain, SEAL, name=NAME))

    assert "refusal" not in apart(lambda: asyncio.run(within()))


def test_signing_only_adds(plain: bytes, signed: bytes) -> None:
    assert signed.startswith(plain)
    assert len(signed) - len(plain) < 8_000


def test_the_signature_is_pades_certifies_and_allows_no_change(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        [field] = pdf.Root.AcroForm.Fields
        value = field.V
        assert (value.SubFilter, value.Name) == ("/ETSI.CAdES.detached", NAME)
        assert pdf.Root.Perms.DocMDP.objgen == value.objgen
        [rule] = value.Reference
        assert rule.TransformParams.P == 1
        assert pdf.Root.AcroForm.SigFlags == 3


def test_it_stays_an_archive_s_and_a_screen_reader_s(plain: bytes, signed: bytes) -> None:
    """What was laid out for PDF/A-3a and PDF/UA-1 is left as it is, and the field keeps to both: it
    has an appearance or no size, is printed, has a name, and lies outside of the page.
    """
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(signed)) as after:
        for key in ("/StructTreeRoot", "/MarkInfo", "/Lang", "/OutputIntents", "/AF"):
            assert after.Root[key].unparse() == before.Root[key].unparse()
        for part in (b"<pdfaid:part>3", b"pdfuaid:part"):
            text = after.Root.Metadata.read_bytes()
            assert (part in text) == (part in before.Root.Metadata.read_bytes())
        [field] = after.Root.AcroForm.Fields
        assert field.F & 0b111 == 0b100, "printed, and neither hidden nor invisible"
        left, bottom, right, top = field.Rect
        assert (right, top) == (left, bottom)
        assert right < 0
        assert str(field.TU)


@pytest.mark.parametrize("kind", ["RSA", "P-384"])
def test_an_institution_s_own_seal_comes_with_its_chain(plain: bytes, kind: str) -> None:
    root = authority()
    between = authority("Between", root)
    key = rsa_key() if kind == "RSA" else ec.generate_private_key(ec.SECP384R1())
    seal = issued("Seal of Northgate", between, key).seal(between, root)
    found = check_in_process(sign(plain, seal, name=NAME))
    assert found.certificates[0] == seal.certificates[0]
    assert set(found.certificates) == set(seal.certificates)


def test_what_is_no_pdf_is_not_signed() -> None:
    with pytest.raises(SigningFailed):
        sign(b"not a PDF", SEAL, name=NAME)


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="pdfsig (apt: poppler-utils) is missing")
def test_another_reader_finds_the_same(signed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(signed)
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    file.write_bytes(flipped(signed, 5_000, 1))
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." not in told


# -- One byte --------------------------------------------------------------------------------------


def test_a_changed_byte_shows_wherever_it_is(signed: bytes) -> None:
    chance = random.Random(5)
    for place in [0, len(signed) - 1, *chance.sample(range(len(signed)), 60)]:
        assert refusal(flipped(signed, place, 1 << chance.randrange(8))), place


def test_a_changed_byte_shows_also_in_the_signature_itself(signed: bytes) -> None:
    """In its frame, the spelling of its digits, and the room it did not need, too, which readers
    pass over. All 5,236 such changes were tried once; these are some of each.
    """
    chance = random.Random(5)
    places = hole(signed)
    frame, spare = places[:200], places[-400:]
    for place in (*chance.sample(frame, 40), *chance.sample(places, 40), *chance.sample(spare, 10)):
        for bit in (0x01, 0x20):
            assert refusal(flipped(signed, place, bit)), (place - places[0], bit)


# -- Timestamps ------------------------------------------------------------------------------------


def test_a_timestamp_says_when_and_by_whom(plain: bytes) -> None:
    stamped = sign(plain, SEAL, name=NAME, stamp=timestamping.stamp)
    found = check_in_process(stamped)
    assert found.stamped_at is not None
    assert abs(found.stamped_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert timestamping.NAME in str(found.stamped_by)


def test_a_changed_byte_shows_also_in_a_timestamp(plain: bytes) -> None:
    """Its own frame included: its version, its list of digests, and its signer's version."""
    stamped = sign(plain, SEAL, name=NAME, stamp=timestamping.stamp)
    assert not refusal(stamped)
    token = stamped.index(b"06092A864886F70D010702", hole(stamped)[1_000])  # signed data, again
    version = stamped.index(b"020103310", token)
    listed = range(version, version + 40)
    *_, signer = re.finditer(rb"(?<=3082....)020101(?=30)", stamped[: hole(stamped)[-1]])
    chance = random.Random(5)
    for place in (*listed, signer.end() - 1, *chance.sample(hole(stamped), 40)):
        assert refusal(flipped(stamped, place, 1)), place - token


@pytest.mark.parametrize(
    "answered",
    [
        b"",
        b"<html>Sign in</html>",
        b"\x30\x03\x02\x01\x00",
        # A refusal as RFC 3161 §2.4.2 has it: status 2, and no token.
        b"\x30\x05\x30\x03\x02\x01\x02",
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_an_answer_without_a_timestamp_is_none(plain: bytes, answered: bytes) -> None:
    with pytest.raises(TimestampAway):
        sign(plain, SEAL, name=NAME, stamp=lambda _: answered)


def test_a_timestamp_of_something_else_is_none(plain: bytes) -> None:
    with pytest.raises(TimestampAway):
        sign(plain, SEAL, name=NAME, stamp=timestamping.stamp_of_something_else)


# -- Files of anybody ------------------------------------------------------------------------------


def test_a_second_signature_is_a_change(plain: bytes) -> None:
    """After ours there can be none, for ours allows no change. So both are somebody else's."""
    signer = Signer(issued("Somebody else").seal())

    def signed_in(field: str, content: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        metadata = PdfSignatureMetadata(field_name=field)
        return bytes(PdfSigner(metadata, signer).sign_pdf(writer).getvalue())

    twice = apart(lambda: signed_in("Second", signed_in("First", plain)))
    with pytest.raises(FileChanged):
        check_in_process(twice)


def test_after_our_signature_no_other_can_be_put(signed: bytes) -> None:
    with pytest.raises(SigningFailed):
        sign(signed, issued("Somebody else").seal(), name="Somebody else")


def test_what_is_added_after_the_signature_is_a_change(signed: bytes) -> None:
    with pytest.raises(FileChanged):
        check_in_process(signed + b"\n% added")


def test_an_increment_after_the_signature_is_a_change(signed: bytes) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    title = {pdf_name("/Title"): pdf_string("Somebody else's")}
    writer.set_info(writer.add_object(DictionaryObject(title)))
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(FileChanged):
        check_in_process(out.getvalue())


def test_a_pdf_without_a_signature_says_so(plain: bytes) -> None:
    with pytest.raises(FileUnsigned):
        check_in_process(plain)


def test_what_is_no_pdf_cannot_be_read() -> None:
    for content in (b"", b"%PDF-1.7", b"%PDF-1.7\n" + random.Random(5).randbytes(100_000)):
        with pytest.raises(FileUnreadable):
            check_in_process(content)


def test_a_bomb_ends_within_limits_and_in_words() -> None:
    """A cross-reference stream that is 400 MB when it is unpacked, and in that once more."""
    with pytest.raises(FileUnreadable):
        check_in_process(bomb())


def bomb() -> bytes:
    packed = zlib.compress(zlib.compress(bytes(400_000_000)))
    head = b"%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 9/W[1 4 2]/Root 1 0 R"
    filters = b"/Filter[/FlateDecode/FlateDecode]/Length %d>>\nstream\n" % len(packed)
    body = head + filters + packed + b"\nendstream\nendobj\n"
    return body + b"startxref\n9\n%%EOF\n"


def test_links_in_a_circle_end() -> None:
    body = b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev 9>>\n"
    with pytest.raises(FileUnreadable):
        check_in_process(body + b"startxref\n9\n%%EOF\n")


def test_nothing_beside_a_file_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed: bytes
) -> None:
    """Whoever unpacks an archive and checks the certificate in it runs none of the rest."""
    (tmp_path / "resource.py").write_text("raise SystemExit('was run')", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert check_in_process(signed).attachments["credential.jwt"] == CREDENTIAL
