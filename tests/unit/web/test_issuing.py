"""A course lead's pages of certificates: the class, one intern, all files in one archive."""

import csv
import io
from datetime import date
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from lti_tool.domain.certificate import in_groups
from lti_tool.domain.people import Role
from lti_tool.models.activity import Activity
from lti_tool.models.certificate import Certificate
from lti_tool.models.person import Person
from lti_tool.web.class_archive import harmless
from tests.factories import Ward
from tests.unit.web.conftest import PDF, SignIn, meet_standard, token_of
from tests.visitor import Visitor, fields_of, text_of

WHY = "The name was misspelt."


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    return sign_in(ward.lead)


@pytest.fixture
def signed_off(ward: Ward) -> None:
    """The activity asks for a sign-off."""
    with ward.rounds.work() as unit:
        unit.session.get_one(Activity, ward.activity).sign_off = True


def issued(ward: Ward) -> list[Certificate]:
    with ward.rounds.reading() as unit:
        return list(unit.session.scalars(select(Certificate).order_by(Certificate.id)))


def states(ward: Ward) -> list[str]:
    return [row.state for row in issued(ward)]


# -- The class -----------------------------------------------------------------------------------


def test_the_class_shows_everyone_and_how_far_the_files_are(ward: Ward, lead: Visitor) -> None:
    meet_standard(ward, ward.amara)
    page = lead.get("certificates")
    words = text_of(page)
    assert "0 of 1 made" in words
    assert "Amara Okafor Being made" in words
    assert "Jonas Lindqvist" in words
    assert page.headers["Refresh"]


def test_a_made_one_is_there_to_be_downloaded(lead: Visitor, certificate: Certificate) -> None:
    page = lead.get("certificates")
    words = text_of(page)
    assert "Issued" in words
    assert in_groups(certificate.code) in words
    assert "Refresh" not in page.headers
    assert "certificate.pdf" in page.text
    assert "Amara" not in text_of(lead.get("certificates?state=revoked"))
    assert "0 interns found" in text_of(lead.get("certificates?q=nobody"))


def test_those_who_are_ticked_are_signed_off(ward: Ward, lead: Visitor, signed_off: None) -> None:
    meet_standard(ward, ward.amara)
    meet_standard(ward, ward.jonas)
    page = lead.get("certificates")
    assert "2 interns have met the standard and wait for a sign-off." in text_of(page)
    assert "Your name, Dr Ingrid Solheim" in text_of(page)
    assert "Refresh" not in page.headers
    assert str(ward.amara.person) not in fields_of(page.text).values()
    fields = {"csrf": token_of(lead), "intern": str(ward.jonas.person)}
    answer = lead.post("certificates/sign-off", fields)
    assert "One certificate signed off." in text_of(lead.client.get(answer.location))
    [only] = issued(ward)
    assert (only.intern_id, only.facts["signed_off_by"]) == (
        ward.jonas.person, "Dr Ingrid Solheim",
    )  # fmt: skip
    lead.post("certificates/sign-off", {"csrf": token_of(lead), "action": "all"})
    assert states(ward) == ["valid", "valid"]


def test_an_intern_sees_that_a_sign_off_is_awaited(
    ward: Ward, sign_in: SignIn, signed_off: None
) -> None:
    meet_standard(ward, ward.amara)
    words = text_of(sign_in(ward.amara).get(""))
    assert "Waits for the course lead's sign-off" in words
    assert "Ready to sign off" in text_of(sign_in(ward.lead).get("interns/"))


def test_files_that_could_not_be_made_are_tried_again(ward: Ward, lead: Visitor) -> None:
    meet_standard(ward, ward.amara)
    [row] = issued(ward)
    with ward.rounds.work() as unit:
        unit.renderings.take(row.id)
        unit.renderings.failed(row.id, "certificate-facts-faulty")
    page = text_of(lead.get("certificates"))
    assert "The file of one certificate could not be made." in page
    why = "The certificate could not be printed from its facts."
    assert f"{why} Code of the cause: certificate-facts-faulty" in page
    of_amara = text_of(lead.get(f"interns/{ward.amara.person}/certificate"))
    assert why in of_amara
    assert "Code of the cause: certificate-facts-faulty" in of_amara
    lead.post("certificates/make", {"csrf": token_of(lead)})
    with ward.rounds.reading() as unit:
        assert unit.renderings.due(10) == [row.id]


# -- One archive ---------------------------------------------------------------------------------


def test_all_files_come_as_one_archive_with_an_index(
    ward: Ward, lead: Visitor, certificate: Certificate
) -> None:
    with ward.rounds.work() as unit:
        unit.session.get_one(Person, ward.amara.person).name = '=HYPERLINK("http://evil")'
    answer = lead.get("certificates/all.zip")
    assert answer.mimetype == "application/zip"
    assert answer.is_streamed
    code = in_groups(certificate.code)
    with ZipFile(io.BytesIO(answer.data)) as zipped:
        assert zipped.testzip() is None
        assert sorted(zipped.namelist()) == [f"certificate-{code}.pdf", "index.csv"]
        assert zipped.read(f"certificate-{code}.pdf") == PDF
        index = zipped.read("index.csv")
    assert index.startswith(b"\xef\xbb\xbf")
    [heading, line] = csv.reader(io.StringIO(index.decode("utf-8-sig")))
    assert heading[:3] == ["Intern", "File", "Code"]
    assert line[:3] == ['\'=HYPERLINK("http://evil")', f"certificate-{code}.pdf", code]
    assert line[-1].endswith(f"/verify/{code}")


def test_an_archive_of_nothing_is_one_too(lead: Visitor) -> None:
    with ZipFile(io.BytesIO(lead.get("certificates/all.zip").data)) as zipped:
        assert zipped.namelist() == ["index.csv"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    assert harmless(name) == f"'{name}"
    assert harmless(f"A{name}") == f"A{name}"


def test_no_cell_becomes_two_for_a_spreadsheet_that_splits_at_semicolons() -> None:
    assert harmless("Foo;=1+1; -2") == "Foo;'=1+1;' -2"
    assert harmless("Foo; Bar") == "Foo; Bar"


# -- One intern ----------------------------------------------------------------------------------


def test_one_is_revoked_with_words_that_the_intern_reads(
    ward: Ward, lead: Visitor, sign_in: SignIn, certificate: Certificate
) -> None:
    path = f"interns/{ward.amara.person}/certificate"
    form = {"csrf": token_of(lead), "certificate": str(certificate.id)}
    empty = lead.post(f"{path}/revoke", form | {"explanation": " \n"})
    assert empty.status_code == 422
    assert "Say why. One sentence is enough." in text_of(empty)
    long = lead.post(f"{path}/revoke", form | {"explanation": "a" * 501})
    assert long.status_code == 422
    assert states(ward) == ["valid"]
    lead.post(f"{path}/revoke", form | {"explanation": WHY})
    assert states(ward) == ["revoked"]
    words = text_of(lead.get(path))
    assert "by Dr Ingrid Solheim A course lead revoked it. " + WHY in words
    intern = sign_in(ward.amara)
    assert WHY in text_of(intern.get(""))
    assert intern.get("certificate.pdf").status_code == 404


def test_one_is_issued_again(ward: Ward, lead: Visitor, certificate: Certificate) -> None:
    path = f"interns/{ward.amara.person}/certificate"
    with ward.rounds.work() as unit:
        unit.session.get_one(Person, ward.amara.person).name = "Amara Okafor-Berg"
    form = {"csrf": token_of(lead), "certificate": str(certificate.id), "explanation": WHY}
    answer = lead.post(f"{path}/reissue", form)
    assert lead.post(f"{path}/reissue", form).status_code == 409, "a second press"
    assert states(ward) == ["superseded", "valid"]
    assert issued(ward)[-1].facts["person"] == "Amara Okafor-Berg"
    words = text_of(lead.client.get(answer.location))
    assert "Replaced by a newer one" in words
    assert WHY in words


def test_an_expired_one_says_nothing_of_how_things_stand_today(
    ward: Ward, sign_in: SignIn, certificate: Certificate
) -> None:
    with ward.rounds.work() as unit:
        unit.session.get_one(Certificate, certificate.id).expires_on = date(2026, 1, 31)
    unsafe = {"TW-3": "It came late.", "TW-5": "Nobody was told."}
    ward.score(ward.helen, ward.amara, "teamwork", 1, what_happened=unsafe)
    assert states(ward) == ["valid"]
    words = text_of(sign_in(ward.amara).get(""))
    assert "Expired 31 January 2026" in words
    assert "Download certificate" in words
    assert "You have met the standard" not in words


def test_a_page_that_showed_it_valid_brings_no_revoked_one_back(
    ward: Ward, lead: Visitor, certificate: Certificate
) -> None:
    path = f"interns/{ward.amara.person}/certificate"
    stale = lead.get(path)
    lead.send(lead.get(path), f"{path}/revoke", explanation=WHY)
    assert lead.send(stale, f"{path}/reissue", explanation=WHY).status_code == 409
    assert states(ward) == ["revoked"]
    assert lead.send(lead.get(path), f"{path}/reissue", explanation=WHY).status_code == 303
    forged = lead.send(lead.get(path), f"{path}/revoke", explanation=WHY, state="any")
    assert forged.status_code == 400


def test_nobody_is_signed_off_who_was_not_ticked(
    ward: Ward, lead: Visitor, signed_off: None
) -> None:
    answer = lead.post("certificates/sign-off", {"csrf": token_of(lead)})
    assert "Nobody was signed off" in text_of(lead.client.get(answer.location))


def test_one_that_is_no_longer_earned_is_refused_in_words(
    ward: Ward, lead: Visitor, signed_off: None
) -> None:
    path = f"interns/{ward.amara.person}/certificate/sign-off"
    answer = lead.post(path, {"csrf": token_of(lead)})
    assert answer.status_code == 409
    assert "certificate-not-earned" in answer.text


def test_one_is_revoked_whose_holder_is_no_intern_any_more(
    ward: Ward, lead: Visitor, certificate: Certificate
) -> None:
    with ward.rounds.work() as unit:
        unit.people.set_role(ward.lead, ward.amara.person, Role.SUPERVISOR)
    listed = lead.get("certificates")
    assert "Amara Okafor" in text_of(listed)
    assert "No longer an intern of this course" in text_of(listed)
    path = f"interns/{ward.amara.person}/certificate"
    page = lead.get(path)
    assert "See the intern's result" not in text_of(page)
    assert lead.send(page, f"{path}/revoke", explanation=WHY).status_code == 303
    assert states(ward) == ["revoked"]
    assert WHY in text_of(lead.get(path))


def test_a_form_without_an_explanation_keeps_what_was_ticked(
    ward: Ward, lead: Visitor, certificate: Certificate
) -> None:
    with ward.rounds.work() as unit:
        unit.session.get_one(Activity, ward.activity).certificate_months = 12
    path = f"interns/{ward.amara.person}/certificate"
    page = lead.get(path)
    assert "anew" not in fields_of(page.text)
    again = lead.send(page, f"{path}/reissue", explanation="", anew="1")
    assert fields_of(again.text)["anew"] == "1"
