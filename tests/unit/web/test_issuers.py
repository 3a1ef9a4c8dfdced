"""What is published of issuers, and badges: a stranger with nothing but a badge can check it."""

from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from jwt import PyJWK
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from lti_tool.models.certificate import Certificate
from tests.factories import Ward
from tests.unit.web.conftest import SignIn
from tests.visitor import Visitor, text_of

FORMS = {"credential.jwt": "text/plain", "badge.png": "image/png", "badge.svg": "image/svg+xml"}


@pytest.fixture
def amara(ward: Ward, sign_in: SignIn, certificate: Certificate) -> Visitor:
    """Amara, whose certificate has its credential."""
    with ward.rounds.work() as unit:
        unit.credentials.of(certificate.id)
    return sign_in(ward.amara)


def taken_out(file: bytes, name: str) -> str:
    """What an independent reader finds in a downloaded file."""
    if name.endswith("png"):
        return str(OB3Verifier.extract_token_from_png(file))
    if name.endswith("svg"):
        return str(OB3Verifier.extract_token_from_svg(file))
    return file.decode()


def check(client: FlaskClient, credential: str) -> None:
    """Check a credential as Open Badges 3.0 says ("Verification"), with what is served alone."""
    key = client.get(urlsplit(jwt.get_unverified_header(credential)["kid"]).path).get_json(
        force=True
    )
    pem = PyJWK(key).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    found = OB3Verifier(pubkey_pem=pem).verify(credential)
    (status,) = found.credential_status
    assert status["type"] == "1EdTechRevocationList"
    ended = client.get(urlsplit(status["id"]).path).get_json()
    assert ended["issuer"] == found.issuer.id
    for one in ended["revokedCredential"]:
        if one["id"] == found.id and one.get("revoked", True):
            raise OB3VerificationError(f"revoked: {one['revocationReason']}")


def test_a_downloaded_badge_proves_itself(client: FlaskClient, amara: Visitor) -> None:
    for name, mimetype in FORMS.items():
        file = amara.get(name)
        assert file.mimetype == mimetype
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert "Amara" not in file.headers["Content-Disposition"]
        assert file.headers["Cache-Control"] == "no-store"
        check(client, taken_out(file.data, name))


def test_one_that_ended_says_so(ward: Ward, client: FlaskClient, amara: Visitor) -> None:
    credential = taken_out(amara.get("badge.png").data, "badge.png")
    ended = {"superseded": "superseded: reissued", "below-standard": "revoked: below-standard"}
    for why, how in ended.items():
        with ward.rounds.work() as unit:
            row = unit.session.query(Certificate).one()
            row.state, row.reason = how.split(": ")
            row.ended_at = unit.now
        with pytest.raises(OB3VerificationError, match=f"revoked: {why}"):
            check(client, credential)
    assert amara.get("badge.png").status_code == 404


def test_the_credential_names_what_is_served(client: FlaskClient, amara: Visitor) -> None:
    found = jwt.decode(amara.get("credential.jwt").text, options={"verify_signature": False})
    issuer = client.get(urlsplit(found["iss"]).path).get_json()
    assert issuer.items() >= found["issuer"].items()
    inside = found["credentialSubject"]["achievement"]
    achievement = client.get(urlsplit(inside["id"]).path).get_json()
    assert achievement.items() >= inside.items()


def test_what_is_published_may_be_kept_and_read_by_any_page(
    client: FlaskClient, amara: Visitor, certificate: Certificate
) -> None:
    (kid,) = {key["kid"] for key in _keys(client) if key["kty"] == "RSA"}
    achievement = jwt.decode(amara.get("credential.jwt").text, options={"verify_signature": False})[
        "credentialSubject"
    ]["achievement"]["id"]
    types = {
        "/issuers/keys.json": "application/jwk-set+json",
        f"/issuers/keys/{kid}": "application/jwk+json",
        f"/issuers/{certificate.platform_id}": "application/json",
        f"/issuers/{certificate.platform_id}/revocations": "application/json",
        urlsplit(achievement).path: "application/json",
    }
    for path, mimetype in types.items():
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, mimetype), path
        assert {"public", "max-age=300"} == {*answer.headers["Cache-Control"].split(", ")}
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers
        assert "Amara" not in answer.text
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_no_private_half_is_published(client: FlaskClient, amara: Visitor) -> None:
    assert {key["kty"] for key in _keys(client)} == {"RSA", "EC"}
    for key in _keys(client):
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)


def test_a_stolen_key_says_so_wherever_it_is_served(
    ward: Ward, client: FlaskClient, amara: Visitor
) -> None:
    kid = _keys(client)[0]["kid"]
    with ward.rounds.work() as unit:
        unit.issuer_keys.revoke(kid, unit.now, "A theft.")
    [in_set] = [key for key in _keys(client) if key["kid"] == kid]
    alone = client.get(f"/issuers/keys/{kid}").get_json(force=True)
    assert in_set == alone
    assert alone["revoked"]["explanation"] == "A theft."
    assert [key["kid"] for key in _keys(client) if "revoked" in key] == [kid]


def test_what_nothing_points_to_is_a_page_in_words(client: FlaskClient, amara: Visitor) -> None:
    numbers = ("99999", "99999/revocations", "1/achievements/x", "-1", f"{10**30}")
    hostile = ("keys/%00", "1/achievements/%00", "keys/" + "x" * 5000, "keys/%ff", "%00")
    for path in (*numbers, "keys/x", "x", *hostile):
        answer = client.get(f"/issuers/{path}")
        assert (answer.status_code, "not-found" in answer.text) == (404, True), path


def test_the_intern_and_the_course_lead_are_offered_it(
    ward: Ward, sign_in: SignIn, amara: Visitor
) -> None:
    own, theirs = amara.get(""), sign_in(ward.lead).get(f"interns/{ward.amara.person}/")
    for page, before in ((own, ""), (theirs, f"interns/{ward.amara.person}/")):
        assert "As a signed badge:" in text_of(page)
        for name in FORMS:
            assert f"/{before}{name}" in page.text


def test_a_certificate_of_before_is_offered_as_none(
    ward: Ward, sign_in: SignIn, certificate: Certificate
) -> None:
    page = sign_in(ward.amara).get("")
    assert "Download certificate" in text_of(page)
    assert "As a signed badge:" not in text_of(page)
    assert sign_in(ward.amara).get("badge.png").status_code == 404


def _keys(client: FlaskClient) -> list[dict[str, str]]:
    published: dict[str, list[dict[str, str]]] = client.get("/issuers/keys.json").get_json(
        force=True
    )
    return published["keys"]
