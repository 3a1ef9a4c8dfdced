"""Proving a file by published keys: what is proven, what cannot be, and what is refused."""

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from lti_tool.credentials import issuer_keys
from lti_tool.credentials.baking import baked_png, baked_svg
from lti_tool.credentials.proving import LARGEST_FILE, Kind, Proof, prove
from lti_tool.credentials.published_keys import PublishedKeys
from lti_tool.credentials.seals import make_seal
from lti_tool.domain.credential import credential
from lti_tool.domain.errors import FileChanged, KeyRevoked, RoundsError
from lti_tool.domain.issuer import Issuer, Signs
from lti_tool.pdf import Evidence, load_design, render, sign
from lti_tool.services.unit import Rounds
from tests import timestamping
from tests.authorities import Authority
from tests.certificates import FACTS
from tests.seals import YEAR, authority, issued

DESIGN = Path(__file__).parents[3] / "templates" / "designs" / "standard"
ISSUER = Issuer("https://rounds.northgate.example/issuers/1", FACTS.issuer)
ACHIEVEMENT = ISSUER.achievement("a1")
NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=1)


class School:
    """An installation that issues, and whose keys others have saved."""

    def __init__(self, rounds: Rounds) -> None:
        self.rounds = rounds

    def credential(self, facts: Any = FACTS, valid_until: datetime | None = None) -> str:
        payload = credential(facts, ISSUER, ACHIEVEMENT, issued_at=NOW, valid_until=valid_until)
        with self.rounds.work() as unit:
            return issuer_keys.sign_credential(unit.session, self.rounds.settings, payload, NOW)

    def document(self, token: str | None = None, **how: Any) -> bytes:
        attached = (token or self.credential()).encode()
        with self.rounds.work() as unit:
            seal = issuer_keys.document_seal(unit.session, self.rounds.settings, NOW)
        plain = render(load_design(DESIGN), FACTS, attachment=attached).content
        return sign(plain, how.pop("seal", seal), name=FACTS.issuer, **how)

    @property
    def keys(self) -> PublishedKeys:
        with self.rounds.reading() as unit:
            return PublishedKeys.read(json.dumps(issuer_keys.published(unit.session)).encode())


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Proving asks no database: one kind is enough to make what is proven."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'rounds.db')}"


@pytest.fixture
def school(rounds: Rounds) -> School:
    return School(rounds)


def refused(content: bytes, keys: PublishedKeys) -> str:
    with pytest.raises(RoundsError) as caught:
        prove(content, keys, SOON)
    return caught.value.code


def codes(proof: Proof) -> tuple[list[str], list[str]]:
    return [one.code for one in proof.proven], [one.code for one in proof.unproven]


# -- What is proven --------------------------------------------------------------------------------


def test_a_document_is_proven_with_the_credential_in_it(school: School) -> None:
    proof = prove(school.document(), school.keys, SOON)
    assert proof.kind is Kind.DOCUMENT
    assert (proof.certificate, proof.person, proof.issuer) == (
        (FACTS.verify_url, FACTS.person, FACTS.issuer)
    )
    proven, unproven = codes(proof)
    assert proven == ["file-whole", "signed-by", "credential-whole", "same"]
    assert unproven == ["signer-self-signed", "signed-at", "revocation"]


@pytest.mark.parametrize(
    ("written", "kind"),
    [(str.encode, Kind.CREDENTIAL), (baked_png, Kind.PICTURE), (baked_svg, Kind.PICTURE)],
)
def test_a_credential_is_proven_by_itself_and_in_a_picture(
    school: School, written: Any, kind: Kind
) -> None:
    proof = prove(written(school.credential()), school.keys, SOON)
    assert (proof.kind, proof.person) == (kind, FACTS.person)
    proven, unproven = codes(proof)
    assert proven == ["credential-whole"]
    assert unproven == (["picture"] if kind is Kind.PICTURE else []) + ["revocation"]


def test_what_keys_signed_that_sign_no_more_stays_proven(school: School) -> None:
    document = school.document()
    with school.rounds.work() as unit:
        for signs in Signs:
            issuer_keys.rotate(unit.session, school.rounds.settings, signs, SOON)
    assert prove(document, school.keys, SOON).certificate == FACTS.verify_url


def test_what_expired_is_genuine_and_said_to_be_over(school: School) -> None:
    token = school.credential(valid_until=NOW + timedelta(hours=1))
    _, unproven = codes(prove(token.encode(), school.keys, SOON))
    assert unproven == ["expired", "revocation"]


@pytest.mark.parametrize("end", [-(10**30), -(10**15)])
def test_an_end_on_no_day_is_told_in_words(school: School, end: int) -> None:
    payload = credential(FACTS, ISSUER, ACHIEVEMENT, issued_at=NOW, valid_until=None)
    with school.rounds.work() as unit:
        settings = school.rounds.settings
        token = issuer_keys.sign_credential(unit.session, settings, payload | {"exp": end}, NOW)
    assert refused(token.encode(), school.keys) == "file-unreadable"


def test_an_authority_is_named_and_an_expired_seal_told(school: School) -> None:
    root = authority()
    seal = issued("Seal of Northgate", root, lasts=YEAR).seal(root)
    with school.rounds.work() as unit:
        issuer_keys.bring(unit.session, school.rounds.settings, seal, NOW)
    document = school.document()
    vouched = ["signer-vouched", "signer-revocation"]
    assert codes(prove(document, school.keys, SOON))[1][:2] == vouched
    late = codes(prove(document, school.keys, NOW + 3 * YEAR))[1]
    assert late == [*vouched, "signer-expired", "signed-at", "revocation"]
    stamped = school.document(stamp=timestamping.stamp)
    late = codes(prove(stamped, school.keys, NOW + 3 * YEAR))[1]
    assert late == [*vouched, "signer-expired", "signed-at-stamped", "revocation"]


def test_the_level_is_told_and_that_a_seal_was_not_revoked(school: School) -> None:
    """Of what nobody can revoke but itself, nothing is told."""
    office = Authority()
    seal = office.issue()

    def vouch(certificates: Sequence[bytes]) -> Evidence:
        return office.evidence(seal) if certificates[0] == seal.der else Evidence()

    own = prove(school.document(stamp=timestamping.stamp, vouch=vouch), school.keys, SOON)
    assert own.level == "B-LT"
    assert not {"signer-not-revoked", "signer-revocation"} & {*codes(own)[0], *codes(own)[1]}
    with school.rounds.work() as unit:
        issuer_keys.bring(unit.session, school.rounds.settings, seal.seal(office.own), NOW)
    for stamp, level, shown in ((None, "B-B", False), (timestamping.stamp, "B-LT", True)):
        found = prove(school.document(stamp=stamp, vouch=vouch), school.keys, SOON)
        proven, unproven = codes(found)
        assert found.level == level
        assert ("signer-not-revoked" in proven) is shown
        assert ("signer-revocation" in unproven) is not shown


# -- By keys that were stolen --------------------------------------------------------------------


def take_back(school: School, signs: Signs, since: datetime) -> None:
    with school.rounds.work() as unit:
        [kid] = [key.kid for key in unit.issuer_keys.all() if key.signs is signs]
        unit.issuer_keys.revoke(kid, since, "A laptop was stolen.")


def test_what_a_stolen_key_signed_is_refused_whatever_time_it_says(school: School) -> None:
    """Also of before the theft: the thief can say so as well."""
    document = school.document()
    take_back(school, Signs.DOCUMENT, SOON)
    with pytest.raises(KeyRevoked, match=r"from .+ on \(A laptop was stolen\.\), and no timestamp"):
        prove(document, school.keys, SOON)
    assert prove(school.document(), school.keys, SOON).certificate == FACTS.verify_url


@pytest.mark.parametrize(("since", "proven"), [(SOON, True), (NOW - YEAR, False)])
def test_a_timestamp_shows_that_a_document_is_older_than_the_theft(
    school: School, since: datetime, proven: bool
) -> None:
    document = school.document(stamp=timestamping.stamp)
    take_back(school, Signs.DOCUMENT, since)
    if not proven:
        assert refused(document, school.keys) == "key-revoked"
        return
    _, unproven = codes(prove(document, school.keys, SOON))
    assert unproven == ["signer-self-signed", "signed-at-stamped", "key-revoked", "revocation"]


@pytest.mark.parametrize("written", [str.encode, baked_png, baked_svg])
def test_a_credential_of_a_stolen_key_is_proven_within_its_document_alone(
    school: School, written: Any
) -> None:
    token = school.credential()
    document = school.document(token)
    take_back(school, Signs.CREDENTIAL, SOON)
    assert refused(written(token), school.keys) == "key-revoked"
    _, unproven = codes(prove(document, school.keys, SOON))
    assert "credential-key-revoked" in unproven
    assert prove(written(school.credential()), school.keys, SOON).person == FACTS.person


# -- What is not -----------------------------------------------------------------------------------


def test_what_others_signed_is_foreign(school: School) -> None:
    stranger = make_seal(school.rounds.settings.origin, NOW)
    assert refused(school.document(seal=stranger), school.keys) == "file-foreign"
    nobody = PublishedKeys({"keys": []})
    assert refused(school.document(), nobody) == "file-foreign"
    assert refused(school.credential().encode(), nobody) == "file-foreign"


def test_a_credential_of_another_certificate_does_not_go_with_a_document(school: School) -> None:
    other = school.credential(replace(FACTS, verify_url=FACTS.verify_url[:-4] + "2222"))
    assert refused(school.document(other), school.keys) == "file-mismatched"


def test_a_forged_credential_in_a_sound_document_is_refused(school: School) -> None:
    token = school.credential()
    assert refused(school.document(token[:-8] + "AAAAAAAA"), school.keys) == "file-changed"
    assert refused(school.document("no credential"), school.keys) == "file-changed"


def test_a_document_s_key_signs_no_credential_and_none_is_unsigned(school: School) -> None:
    """Nor does a token choose how it is to be checked."""
    header, payload, _ = school.credential().split(".")
    claims = jwt.decode(f"{header}.{payload}.", options={"verify_signature": False})
    kid = jwt.get_unverified_header(f"{header}.{payload}.")["kid"]
    [document] = [str(key["kid"]) for key in json.loads(exported(school))["keys"] if "x5c" in key]
    seal = load_key(school)
    es256 = jwt.encode(claims, seal, "ES256", headers={"kid": f"x/{document}"})
    hs256 = jwt.encode(
        claims, b"a key of tests, long enough for this", "HS256", headers={"kid": kid}
    )
    none = jwt.encode(claims, None, "none", headers={"kid": kid})
    for token in (es256, hs256):
        assert refused(token.encode(), school.keys) == "file-foreign"
    assert refused(none.encode(), school.keys) == "file-unreadable"


def exported(school: School) -> str:
    with school.rounds.reading() as unit:
        return json.dumps(issuer_keys.published(unit.session))


def load_key(school: School) -> Any:
    with school.rounds.work() as unit:
        seal = issuer_keys.document_seal(unit.session, school.rounds.settings, NOW)
    return load_der_private_key(seal.private, password=None)


def test_a_changed_byte_of_a_credential_shows_wherever_it_is(school: School) -> None:
    """In the last letter of the signature, too, of which some bits say nothing."""
    token, keys, chance = school.credential().encode(), school.keys, random.Random(5)
    last = range(len(token) - 3, len(token))
    for place in [*chance.sample(range(len(token)), 60), *last]:
        for bit in (1, 2, 4, 0x20):
            changed = bytearray(token)
            changed[place] ^= bit
            with pytest.raises(RoundsError):
                prove(bytes(changed), keys, SOON)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-unreadable"),
        (b"some text", "file-unreadable"),
        (b"a.b.c", "file-unreadable"),
        (b"\xff" * 1000, "file-unreadable"),
        (b"%PDF-" + bytes(LARGEST_FILE), "file-unreadable"),
        (b"<svg/>", "file-unsigned"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "file-unsigned"),
        (b"%PDF-1.7 and nothing", "file-unreadable"),
    ],
    ids=["empty", "text", "dots", "bytes", "50MB", "svg", "png", "pdf"],
)
def test_files_of_anybody_are_refused_in_words(content: bytes, code: str, school: School) -> None:
    assert refused(content, school.keys) == code


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"{",
        b"[]",
        b'{"keys": {}}',
        b"[" * 100_000,
        b'{"keys": [{"kid": "a", "x5c": 5}]}',
        b'{"keys": [{"kid": "a", "revoked": true}]}',
        b'{"keys": [{"kid": "a", "revoked": {"revoked_at": 1e99}}]}',
        b'{"keys": [{"kid": "a", "x5c": ["\xc3\xa4"]}]}',
    ],
)
def test_what_is_no_set_of_keys_is_refused(saved: bytes) -> None:
    with pytest.raises(RoundsError) as caught:
        PublishedKeys.read(saved)
    assert caught.value.code == "keys-unreadable"


def test_a_key_that_cannot_be_read_is_told(school: School) -> None:
    kid = jwt.get_unverified_header(school.credential())["kid"].rpartition("/")[2]
    broken = PublishedKeys({"keys": [5, {}, {"kid": kid, "alg": "RS256", "kty": "RSA"}]})
    assert refused(school.credential().encode(), broken) == "keys-unreadable"


def test_a_private_half_in_a_set_is_left_alone(school: School) -> None:
    token = school.credential()
    with school.rounds.reading() as unit:
        [key] = [one for one in issuer_keys.published(unit.session)["keys"] if "x5c" not in one]
    keys = PublishedKeys({"keys": [{**key, "d": "AQAB"}]})
    assert prove(token.encode(), keys, SOON).certificate == FACTS.verify_url


def test_the_signature_is_checked_at_all(school: School) -> None:
    """Else the tests above might pass for other reasons: the signature of another sound token."""
    one, other = school.credential(), school.credential(replace(FACTS, person="Ines Duarte"))
    with pytest.raises(FileChanged):
        prove((one.rpartition(".")[0] + "." + other.rpartition(".")[2]).encode(), school.keys, SOON)
