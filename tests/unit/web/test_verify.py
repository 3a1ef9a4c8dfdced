"""What the page of a certificate's code says of its end, its issuer, its file and its proof."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from lti_tool.domain.certificate import in_groups
from lti_tool.models.certificate import Certificate
from lti_tool.models.issuer import Institution
from tests.factories import Ward
from tests.unit.web.conftest import PDF
from tests.visitor import text_of


@pytest.fixture
def verify(certificate: Certificate) -> str:
    return f"/verify/{in_groups(certificate.code)}"


def change(ward: Ward, **values: object) -> None:
    with ward.rounds.work() as unit:
        row = unit.session.query(Certificate).one()
        for name, value in values.items():
            setattr(row, name, value)


def end(ward: Ward, state: str, reason: str) -> None:
    with ward.rounds.reading() as unit:
        change(ward, state=state, reason=reason, explanation="Words within.", ended_at=unit.now)


def test_one_whose_time_is_over_is_genuine_and_expired(
    ward: Ward, client: FlaskClient, verify: str
) -> None:
    change(ward, expires_on=date(2026, 1, 31))
    words = text_of(client.get(verify))
    assert "This certificate has expired A. O." in words
    assert "Was good until 31 January 2026" in words
    assert "It is genuine, and its time is over." in words
    assert "is valid" not in words


def test_one_is_good_through_its_last_day(ward: Ward, client: FlaskClient, verify: str) -> None:
    with ward.rounds.reading() as unit:
        tomorrow = unit.now.date() + timedelta(days=1)
    change(ward, expires_on=tomorrow)
    words = text_of(client.get(verify))
    assert "This certificate is valid" in words
    assert f"Good until {tomorrow.day} {tomorrow:%B %Y}" in words


def test_one_that_ended_says_how_and_names_nobody(
    ward: Ward, client: FlaskClient, verify: str
) -> None:
    for state, reason, said in (
        ("superseded", "reissued", "has issued a newer one to the same person. Ask its holder"),
        ("revoked", "revoked-by-course-lead", "has withdrawn it."),
        ("revoked", "below-standard", "The standard is no longer met."),
    ):
        end(ward, state, reason)
        page = client.get(verify)
        assert said in text_of(page)
        for within in ("A. O.", "Amara", "Words within", 'id="comparison"'):
            assert within not in page.text


def test_an_ended_one_stays_ended_when_its_time_is_over_too(
    ward: Ward, client: FlaskClient, verify: str
) -> None:
    end(ward, "revoked", "below-standard")
    change(ward, expires_on=date(2026, 1, 31))
    assert "This certificate no longer counts" in text_of(client.get(verify))


def test_the_issuer_is_a_link_where_it_has_a_page(
    ward: Ward, client: FlaskClient, certificate: Certificate, verify: str
) -> None:
    link = '<a href="https://northgate.example" rel="noopener noreferrer">'
    assert link not in client.get(verify).text
    for url, linked in (("https://northgate.example", True), ("javascript:alert(1)", False)):
        with ward.rounds.work() as unit:
            school = Institution(platform_id=certificate.platform_id, url=url, updated_at=unit.now)
            unit.session.merge(school)
        page = client.get(verify).text
        assert (link in page) == linked
        assert "javascript:" not in page


def test_the_file_is_told_by_its_fingerprint_and_size_under_its_own_name(
    client: FlaskClient, verify: str, certificate: Certificate
) -> None:
    page = client.get(verify)
    assert f'data-sha256="{"5e" * 32}" data-size="{len(PDF)}"' in page.text
    assert f"sha256sum certificate-{in_groups(certificate.code)}.pdf" in text_of(page)
    assert "<form" not in page.text.partition('id="comparison"')[2], "nothing can be uploaded"


def test_a_file_that_is_being_made_is_not_compared(
    ward: Ward, client: FlaskClient, verify: str
) -> None:
    change(ward, pdf=None, sha256=None)
    page = client.get(verify)
    assert "This certificate is valid" in text_of(page)
    assert "compare" not in page.text.lower()


def test_the_keys_are_named_where_there_is_a_credential(
    ward: Ward, client: FlaskClient, certificate: Certificate, verify: str
) -> None:
    assert "/issuers/" not in client.get(verify).text
    with ward.rounds.work() as unit:
        unit.credentials.of(certificate.id)
    page = client.get(verify).text
    for path in (
        "keys.json",
        f"{certificate.platform_id}",
        f"{certificate.platform_id}/revocations",
    ):
        assert f'href="/issuers/{path}"' in page
        assert client.get(f"/issuers/{path}").status_code == 200
