"""Credentials of certificates: made once, signed by a published key, and given to their holder."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier, OpenBadgeCredential
from sqlalchemy import select

from lti_tool.credentials import issuer_keys
from lti_tool.credentials.baking import credential_in
from lti_tool.domain.errors import NotAllowed, NotFound, UnknownThing
from lti_tool.domain.issuer import Signs
from lti_tool.models.certificate import Certificate
from lti_tool.models.issuer import Institution
from lti_tool.services.credentials import Form
from lti_tool.services.unit import Rounds
from tests import factories
from tests.factories import THREE, Ward


@pytest.fixture
def ward(rounds: Rounds) -> Ward:
    """A ward whose Amara has met the standard."""
    ward = factories.ward(rounds)
    for competency in THREE:
        ward.score(ward.helen, ward.amara, competency, 3)
        ward.score(ward.ruth, ward.amara, competency, 4)
    return ward


def change(ward: Ward, do: Callable[[Certificate], None]) -> int:
    """Do something to Amara's certificate; its number."""
    with ward.rounds.work() as unit:
        row = unit.session.scalars(select(Certificate)).one()
        do(row)
        return row.id


def made(ward: Ward) -> str:
    id = change(ward, lambda row: None)
    with ward.rounds.work() as unit:
        return unit.credentials.of(id)


def end(state: str, reason: str) -> Callable[[Certificate], None]:
    def do(row: Certificate) -> None:
        row.state, row.reason = state, reason

    return do


def verified(ward: Ward, credential: str) -> OpenBadgeCredential:
    """What an independent verifier reads, by the key that the credential names."""
    kid = jwt.get_unverified_header(credential)["kid"].rpartition("/")[2]
    with ward.rounds.reading() as unit:
        key = PyJWK(unit.issuers.key(kid)).key
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return OB3Verifier(pubkey_pem=pem).verify(credential)


def claims(credential: str) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(credential, options={"verify_signature": False})
    return read


def test_one_that_has_no_file_yet_is_made_anew_when_its_key_was_stolen(ward: Ward) -> None:
    first = made(ward)
    with ward.rounds.work() as unit:
        [stolen] = [key.kid for key in unit.issuer_keys.all() if key.signs is Signs.CREDENTIAL]
        unit.issuer_keys.revoke(stolen, unit.now, "A theft.")
    second = made(ward)
    assert stolen in jwt.get_unverified_header(first)["kid"]
    assert stolen not in jwt.get_unverified_header(second)["kid"]
    assert claims(second) == claims(first)
    assert made(ward) == second


def test_another_verifier_finds_it_good(ward: Ward) -> None:
    found = verified(ward, made(ward))
    assert found.issuer.name == "Northgate School of Medicine"
    assert found.identifiers[0].identity_hash == "Amara Okafor"
    assert found.achievement.name == "Clinical competencies"
    assert len(found.results) == len(found.achievement.result_descriptions) == 18
    codes = {(one.target_framework, one.target_code) for one in found.achievement.alignments}
    assert ("ACGME Milestones 2.0", "ICS-2") in codes


def test_it_is_made_once(ward: Ward) -> None:
    first = made(ward)
    assert made(ward) == first
    with ward.rounds.work() as unit:
        issuer_keys.rotate(unit.session, ward.rounds.settings, Signs.CREDENTIAL, unit.now)
    assert made(ward) == first


def test_a_key_that_signs_no_more_still_proves_it(ward: Ward) -> None:
    credential = made(ward)
    with ward.rounds.work() as unit:
        issuer_keys.rotate(unit.session, ward.rounds.settings, Signs.CREDENTIAL, unit.now)
    verified(ward, credential)
    with ward.rounds.reading() as unit:
        assert len(unit.issuers.keys()["keys"]) == 3


def test_one_changed_letter_is_noticed(ward: Ward) -> None:
    credential = made(ward)
    first, second = (at for at, letter in enumerate(credential) if letter == ".")
    for at in (first // 2, (first + second) // 2, (second + len(credential)) // 2):
        other = "B" if credential[at] == "A" else "A"
        with pytest.raises((OB3VerificationError, jwt.DecodeError, NotFound)):
            verified(ward, credential[:at] + other + credential[at + 1 :])


def test_the_key_of_another_proves_nothing(ward: Ward) -> None:
    strange = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = strange.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(OB3VerificationError, match="Invalid signature"):
        OB3Verifier(pubkey_pem=pem).verify(made(ward))


def test_it_is_good_to_the_end_of_its_last_day_where_the_course_is(ward: Ward) -> None:
    def until(row: Certificate) -> None:
        row.expires_on = date(2030, 6, 30)
        row.facts = row.facts | {"expires_on": "2030-06-30"}

    change(ward, until)
    found = claims(made(ward))
    assert found["validUntil"] == "2030-06-30T22:00:00Z", "midnight in Oslo"
    assert datetime.fromtimestamp(found["exp"], UTC) == datetime(2030, 6, 30, 22, tzinfo=UTC)


def test_it_says_of_the_school_what_the_school_says(ward: Ward) -> None:
    with ward.rounds.work() as unit:
        platform = unit.session.scalars(select(Certificate.platform_id)).one()
        school = Institution(
            platform_id=platform,
            url="https://northgate.example",
            email="registry@northgate.example",
            updated_at=unit.now,
        )
        unit.session.add(school)
    found = claims(made(ward))["issuer"]
    assert (found["url"], found["email"]) == (
        "https://northgate.example",
        "registry@northgate.example",
    )
    with ward.rounds.reading() as unit:
        assert unit.issuers.profile(platform).items() >= found.items()


def test_the_achievement_is_found_at_its_address_and_names_no_intern(ward: Ward) -> None:
    inside = claims(made(ward))["credentialSubject"]["achievement"]
    platform, key = inside["id"].split("/issuers/")[1].split("/achievements/")
    with ward.rounds.reading() as unit:
        published = unit.issuers.achievement(int(platform), key)
    assert published.items() >= inside.items()
    assert "Amara" not in str(published)


def test_what_ended_is_on_the_list_under_the_id_that_was_signed(ward: Ward) -> None:
    def listed() -> list[dict[str, Any]]:
        with ward.rounds.reading() as unit:
            found = unit.issuers.revocations(int(credential["iss"].rpartition("/")[2]))
        assert found["id"] == credential["credentialStatus"]["id"]
        rows: list[dict[str, Any]] = found["revokedCredential"]
        return rows

    credential = claims(made(ward))
    assert listed() == []
    for state, reason, word in (
        ("revoked", "below-standard", "below-standard"),
        ("superseded", "assessments-changed", "superseded"),
    ):
        change(ward, end(state, reason))
        assert listed() == [{"id": credential["id"], "revoked": True, "revocationReason": word}]


def test_a_certificate_without_a_credential_is_on_no_list(ward: Ward) -> None:
    change(ward, end("revoked", "below-standard"))
    with ward.rounds.reading() as unit:
        assert unit.issuers.revocations(1)["revokedCredential"] == []


def test_a_platform_that_issued_nothing_has_no_address(rounds: Rounds) -> None:
    ward = factories.ward(rounds)
    with ward.rounds.reading() as unit:
        for ask in (
            lambda: unit.issuers.profile(1),
            lambda: unit.issuers.revocations(1),
            lambda: unit.issuers.achievement(1, "x"),
            lambda: unit.issuers.key("x"),
        ):
            with pytest.raises(NotFound):
                ask()


def test_the_holder_and_the_course_lead_get_it_in_each_form(ward: Ward) -> None:
    credential = made(ward)
    for actor in (ward.amara, ward.lead):
        with ward.rounds.reading() as unit:
            files = [
                unit.credentials.file_for(actor, ward.activity, ward.amara.person, form)
                for form in Form
            ]
        plain, *pictures = (file.content for file in files)
        assert plain.decode() == credential
        assert [credential_in(picture) for picture in pictures] == [credential, credential]


def test_nobody_else_gets_it(ward: Ward) -> None:
    made(ward)
    for actor in (ward.jonas, ward.helen, ward.observer):
        with ward.rounds.reading() as unit, pytest.raises(NotAllowed):
            unit.credentials.file_for(actor, ward.activity, ward.amara.person, Form.JWT)


def test_there_is_none_before_it_is_made_nor_after_it_ended(ward: Ward) -> None:
    def ask() -> None:
        with ward.rounds.reading() as unit, pytest.raises(UnknownThing):
            unit.credentials.file_for(ward.amara, ward.activity, ward.amara.person, Form.PNG)

    ask()
    made(ward)
    change(ward, end("revoked", "below-standard"))
    ask()
