"""Certificates over HTTP: the file, its secret address, and the check by strangers."""

import pytest
from flask.testing import FlaskClient

from lti_tool.domain.certificate import in_groups
from lti_tool.models.certificate import Certificate, CertificateCopy
from lti_tool.models.limit import TryCount
from tests.factories import Ward
from tests.unit.web.conftest import PDF, SignIn, meet_standard
from tests.visitor import text_of

WRONG = "2222-3333-4444"


@pytest.fixture
def verify(certificate: Certificate) -> str:
    return f"/verify/{in_groups(certificate.code)}"


# The file -----------------------------------------------------------------------------------------


def test_an_intern_downloads_it_under_a_name_that_names_nobody(
    ward: Ward, sign_in: SignIn, certificate: Certificate
) -> None:
    file = sign_in(ward.amara).get("certificate.pdf")
    assert (file.data, file.mimetype) == (PDF, "application/pdf")
    name = f'attachment; filename="certificate-{in_groups(certificate.code)}.pdf"'
    assert file.headers["Content-Disposition"] == name
    assert file.headers["Cache-Control"] == "no-store"


def test_a_file_that_is_being_made_is_not_there_yet(ward: Ward, sign_in: SignIn) -> None:
    meet_standard(ward, ward.amara)
    answer = sign_in(ward.amara).get("certificate.pdf")
    assert answer.status_code == 503
    assert "certificate-not-ready" in answer.text


def test_the_lms_fetches_it_at_its_secret_address(
    client: FlaskClient, certificate: Certificate
) -> None:
    address = f"/certificates/{certificate.token}.pdf"
    file = client.get(address)
    assert file.data == PDF
    assert file.headers["X-Robots-Tag"] == "noindex"
    assert file.headers["Referrer-Policy"] == "no-referrer"
    head = client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(PDF))


def test_a_copy_is_there_until_it_expires(
    ward: Ward, client: FlaskClient, certificate: Certificate
) -> None:
    with ward.rounds.work() as unit:
        copy = unit.session.query(CertificateCopy).one()
        token = copy.token
    assert client.get(f"/certificates/{token}.pdf").data == PDF
    with ward.rounds.work() as unit:
        unit.session.query(CertificateCopy).one().expires_at = unit.now
    assert client.get(f"/certificates/{token}.pdf").status_code == 404


@pytest.mark.parametrize("token", ["0" * 32, "x", "%00", "a" * 5000])
def test_no_other_address_has_one(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/certificates/{token}.pdf")
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_a_revoked_one_is_gone_from_everywhere(
    ward: Ward, client: FlaskClient, sign_in: SignIn, certificate: Certificate, verify: str
) -> None:
    revoke(ward)
    assert sign_in(ward.amara).get("certificate.pdf").status_code == 404
    gone = client.get(f"/certificates/{certificate.token}.pdf")
    assert gone.status_code == 404
    assert "certificate-ended" in gone.text
    page = text_of(client.get(verify))
    assert "This certificate no longer counts Revoked on" in page
    assert "trust this page" in page
    assert "Something it rested on was changed" in page
    assert "Amara" not in page


def revoke(ward: Ward) -> None:
    with ward.rounds.reading() as unit:
        page = unit.overview.intern_page(ward.lead, ward.activity, ward.amara.person)
    number = page.feedback[0].assessment
    version = ward.version(number, ward.ruth)
    with ward.rounds.work() as unit:
        unit.assessments.withdraw(ward.ruth, number, version, "Wrong intern.")


# The check ----------------------------------------------------------------------------------------


def test_a_stranger_learns_that_it_is_valid_and_two_initials(
    client: FlaskClient, verify: str
) -> None:
    page = client.get(verify)
    words = text_of(page)
    assert words.index("This certificate is valid") < words.index("A. O.")
    assert "Northgate School of Medicine" in words
    assert "Patient communication, Teamwork, Documentation" in words
    assert "6 occasions with 2 supervisors, 14 September 2026" in words
    assert "Amara" not in page.text
    assert "Okafor" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_code_is_taken_however_it_is_typed(client: FlaskClient, certificate: Certificate) -> None:
    typed = f" {certificate.code.lower()[:5]} {certificate.code[5:]}"
    answer = client.get("/verify", query_string={"code": typed})
    assert answer.location == f"/verify/{in_groups(certificate.code)}"
    assert "This certificate is valid" in text_of(client.get(f"/verify/{typed}"))


def test_the_key_shows_the_name_and_stands_in_no_address(
    client: FlaskClient, certificate: Certificate, verify: str
) -> None:
    page = client.post(verify, data={"key": certificate.holder_key.lower()})
    assert page.status_code == 200
    assert "Amara Okafor" in text_of(page)
    assert certificate.holder_key not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "Amara" not in client.get(f"{verify}?key={certificate.holder_key}").text


def test_a_wrong_key_says_so_and_counts(ward: Ward, client: FlaskClient, verify: str) -> None:
    page = client.post(verify, data={"key": "22223333"})
    assert page.status_code == 422
    assert "This is not the key of this certificate." in text_of(page)
    assert "Amara" not in page.text
    assert tries(ward) == 1


NO_CODES = (
    *("2222-3333-444", "2222-3333-44444", "0OIl-0OIl-0OIl", "R7K\u0414-4QXM-29TB"),
    *("a/b", "/", "../..", "a%2Fb", "100%", "%00", "\0", "\N{HOSPITAL}", "?", "#"),
    *("\N{EN DASH}" * 40, "<b>", "x" * 10_000),
)


@pytest.mark.parametrize("typed", [WRONG, *NO_CODES])
def test_whatever_is_typed_for_a_code_is_answered_in_words(
    ward: Ward, client: FlaskClient, typed: str
) -> None:
    page = client.get("/verify", query_string={"code": typed}, follow_redirects=True)
    assert page.status_code == 404
    assert "We know no certificate with this code" in text_of(page)
    assert "<b>" not in page.text
    assert tries(ward) == 1


def test_an_address_with_slashes_is_no_code(client: FlaskClient, verify: str) -> None:
    for address in (f"{verify}/", f"{verify}/x", "/verify/a/b", "/verify/a%2Fb"):
        page = client.get(address)
        assert page.status_code == 404
        assert "We know no certificate with this code" in text_of(page)
    assert "Enter the code" in text_of(client.get("/verify/"))


@pytest.mark.parametrize("code", [WRONG, "O0O0", "%00", "x" * 3000, "<b>"])
def test_an_unknown_code_is_answered_in_words_and_counts(
    ward: Ward, client: FlaskClient, code: str
) -> None:
    page = client.get(f"/verify/{code}")
    assert page.status_code == 404
    assert "We know no certificate with this code" in text_of(page)
    assert "it has no letter O and no figure 1" in text_of(page)
    assert "<b>" not in page.text
    assert tries(ward) == 1


def test_too_many_wrong_tries_have_to_wait(client: FlaskClient, verify: str) -> None:
    for _ in range(30):
        assert client.get(f"/verify/{WRONG}").status_code == 404
    answer = client.get(verify)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    elsewhere = client.get(verify, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_site_cannot_try_keys(
    client: FlaskClient, certificate: Certificate, verify: str, origin: str
) -> None:
    answer = client.post(verify, data={"key": certificate.holder_key}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "Amara" not in answer.text


def test_the_form_for_a_code_is_open_to_everyone(client: FlaskClient) -> None:
    page = client.get("/verify")
    assert "Check a certificate" in text_of(page)
    assert "noindex" in page.text


def tries(ward: Ward) -> int:
    with ward.rounds.reading() as unit:
        of_caller = TryCount.kind == "verify"
        return sum(row.count for row in unit.session.query(TryCount).where(of_caller))
