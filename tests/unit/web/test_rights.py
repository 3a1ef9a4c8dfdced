"""Who may open what: each page against each role."""

import pytest

from lti_tool.domain.people import Actor
from lti_tool.models.certificate import Certificate
from tests.factories import Ward
from tests.unit.web.conftest import SignIn, token_of

LEAD, HELEN, AMARA, JONAS, OBSERVER = PEOPLE = ("lead", "helen", "amara", "jonas", "observer")

PAGES = {
    "": dict.fromkeys(PEOPLE, 200),
    "interns/{amara}/": {LEAD: 200, HELEN: 303, AMARA: 303, JONAS: 403, OBSERVER: 403},
    "interns/{amara}/feedback": {LEAD: 200, HELEN: 403, AMARA: 200, JONAS: 403, OBSERVER: 403},
    "interns/{amara}/certificate.pdf": {
        LEAD: 200, HELEN: 403, AMARA: 200, JONAS: 403, OBSERVER: 403,
    },
    "interns/{amara}/certificate": {LEAD: 200, HELEN: 403, AMARA: 403, JONAS: 403, OBSERVER: 403},
    "certificates": {LEAD: 200, HELEN: 403, AMARA: 403, JONAS: 403, OBSERVER: 403},
    "certificates/all.zip": {LEAD: 200, HELEN: 403, AMARA: 403, JONAS: 403, OBSERVER: 403},
    "certificate.pdf": {LEAD: 404, HELEN: 403, AMARA: 200, JONAS: 404, OBSERVER: 403},
    "activity": {LEAD: 200, HELEN: 403, AMARA: 403, JONAS: 403, OBSERVER: 403},
    "people": {LEAD: 200, HELEN: 403, AMARA: 403, JONAS: 403, OBSERVER: 403},
    "flags/{flag}": {LEAD: 200, HELEN: 403, AMARA: 403, JONAS: 403, OBSERVER: 403},
}  # fmt: skip

FORMS: dict[str, dict[str, str]] = {
    "activity": {"mapping": "points"},
    "people": {"person": "{amara}", "role": "course-lead"},
    "flags/{flag}": {"note": "Spoken to."},
    "passbacks/{passback}/retry": {},
    "certificates/sign-off": {"action": "all"},
    "certificates/make": {},
    "interns/{amara}/certificate/sign-off": {},
    "interns/{amara}/certificate/make": {},
    "interns/{amara}/certificate/reissue": {"certificate": "1", "explanation": "Misspelt."},
    "interns/{amara}/certificate/revoke": {"certificate": "1", "explanation": "Misspelt."},
}


@pytest.fixture
def places(ward: Ward, certificate: Certificate) -> dict[str, int]:
    """The numbers that stand in addresses. Jonas has an open flag."""
    ward.score(ward.helen, ward.jonas, "teamwork", 3, concern=True, concern_text="Looked unwell.")
    with ward.rounds.reading() as unit:
        return {
            "amara": ward.amara.person,
            "flag": unit.flags.open(ward.lead, ward.activity)[0].id,
            "passback": unit.passbacks.newest(ward.activity, ward.amara.person)[0].id,
        }


def test_pages_open_for_those_who_may_read_them(
    ward: Ward, sign_in: SignIn, places: dict[str, int]
) -> None:
    visitors = {who: sign_in(actor(ward, who)) for who in PEOPLE}
    found = {
        path: {who: one.get(path.format(**places)).status_code for who, one in visitors.items()}
        for path in PAGES
    }
    assert found == PAGES


def test_forms_are_refused_to_everyone_but_course_leads(
    ward: Ward, sign_in: SignIn, places: dict[str, int]
) -> None:
    for who in (HELEN, AMARA, JONAS, OBSERVER):
        person = sign_in(actor(ward, who))
        token = token_of(person)
        for path, form in FORMS.items():
            fields = {name: text.format(**places) for name, text in form.items()}
            answer = person.post(path.format(**places), fields | {"csrf": token})
            assert answer.status_code == 403
            assert "not-allowed" in answer.text


def test_a_form_without_the_token_is_refused(
    ward: Ward, sign_in: SignIn, places: dict[str, int]
) -> None:
    lead = sign_in(ward.lead)
    for path, form in FORMS.items():
        fields = {name: text.format(**places) for name, text in form.items()}
        answer = lead.post(path.format(**places), fields)
        assert answer.status_code == 403
        assert "form-forged" in answer.text


@pytest.mark.parametrize(
    "path", ["interns/{n}/", "interns/{n}/feedback", "interns/{n}/certificate.pdf", "flags/{n}"]
)
@pytest.mark.parametrize("number", [999, 2**31, 10**30])
def test_what_is_not_in_this_course_is_not_there(
    ward: Ward, sign_in: SignIn, path: str, number: int
) -> None:
    answer = sign_in(ward.lead).get(path.format(n=number))
    assert answer.status_code == 404
    assert "not-in-this-course" in answer.text


def actor(ward: Ward, who: str) -> Actor:
    found: Actor = getattr(ward, who)
    return found
