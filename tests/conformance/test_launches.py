"""1EdTech's certification, tool side (guide 1.3 §6.1): bad launches refused, good ones accepted."""

import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.stand_in import MEMBERSHIP, StandIn, code_of

INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"

BAD: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "B1 no kid": ("token-key-missing", {}, {"kid": None}),
    "B2 unknown kid": ("token-key-unknown", {}, {"kid": "nobody-published-this"}),
    "B3 wrong version": ("lti-version-wrong", {"version": "11.3"}, {}),
    "B4 no version": ("claim-missing", {"version": None}, {}),
    "B6 claims missing": ("claim-missing", {"nonce": None, "iss": None}, {}),
    "B7 expired": ("launch-expired", {"iat": 11111, "exp": 22222}, {}),
    "B7 from the future": ("launch-expired", {"iat": time.time() + 3600}, {}),
    "B7 no exp": ("claim-missing", {"exp": None}, {}),
    "B7 no iat": ("claim-missing", {"iat": None}, {}),
    "B8 no message type": ("claim-missing", {"message_type": None}, {}),
    "B9 no roles": ("claim-missing", {"roles": None}, {}),
    "B10 no deployment": ("claim-missing", {"deployment_id": None}, {}),
    "B11 no resource link id": ("claim-missing", {"resource_link": {"title": "x"}}, {}),
    "B11 no resource link": ("claim-missing", {"resource_link": None}, {}),
    "B12 no sub": ("claim-missing", {"sub": None}, {}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_launch_is_refused_with_its_code(
    name: str, lms: StandIn, client: FlaskClient
) -> None:
    code, claims, header = BAD[name]
    asked = lms.login(client)
    answer = lms.post(client, asked, lms.sign(lms.claims(asked, **claims), **header))
    assert (answer.status_code, code_of(answer)) == (400, code)


@pytest.mark.parametrize("token", ['{"name": "badltilaunch"}', "a.b.c", "e30.e30.e30", "x"])
def test_b5_what_is_no_lti_token_is_refused(token: str, lms: StandIn, client: FlaskClient) -> None:
    answer = lms.post(client, lms.login(client), token)
    assert answer.status_code == 400
    assert code_of(answer) in ("token-unreadable", "launch-malformed")


GOOD: dict[str, dict[str, Any]] = {
    "T1 plain": {},
    "T2 several roles": {"roles": ["ROLE", INSTITUTION + "Faculty", INSTITUTION + "Student"]},
    "T3 short role": {"roles": ["SHORT"]},
    "T4 unknown role": {"roles": [INSTITUTION + "unknownrole"]},
    "T5 no role": {"roles": []},
    "T6 e-mail only": {"name": None, "given_name": None, "family_name": None},
    "T7 names only": {"email": None},
    "T8 no personal data": {"name": None, "given_name": None, "family_name": None, "email": None},
    "T9 e-mail, no context": {
        "name": None,
        "given_name": None,
        "family_name": None,
        "context": None,
    },
}

SHOWN = {"T6": "helen.brandt@lms.example.edu", "T8": "Learner e3b54a"}
"""How someone without a name is called."""


@pytest.mark.parametrize("kind", ["Instructor", "Learner"])
@pytest.mark.parametrize("name", GOOD)
def test_a_good_launch_opens_a_page(
    name: str, kind: str, lms: StandIn, client: FlaskClient
) -> None:
    spelled = {"ROLE": MEMBERSHIP + kind, "SHORT": kind}
    changes = {"roles": ["ROLE"], **GOOD[name]}
    changes["roles"] = [spelled.get(role, role) for role in changes["roles"]]
    answer = lms.launch(client, **changes)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location, follow_redirects=True)
    assert page.status_code == 200, page.text
    assert ("outside a course" in page.text) == ("context" in changes)
    if "context" not in changes:
        assert SHOWN.get(name[:2], "Helen Brandt") in page.text
