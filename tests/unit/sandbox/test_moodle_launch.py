"""The moodle flavour launches as Moodle 4.5 was seen to: login, sign-in, claims, roles."""

import json

import pytest
import requests

from tests.lms_walker import Browser, Form, LastPost, LmsWalker, Page
from tests.unit.sandbox.conftest import AGS, CLAIM, NRPS, Lms

BASIC_OUTCOME = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"


def login_form(lms: Lms) -> tuple[LmsWalker, Form]:
    walker = LmsWalker(lms.home)
    return walker, walker.login_form("moodle", "amara")


def landed(lms: Lms) -> requests.Response:
    answer = LmsWalker(lms.home).until_last_post("moodle", "amara")
    assert isinstance(answer, requests.Response)
    return answer


# -- 2.1 and 2.2, identity, login, sign-in ---------------------------------------------------------


def test_everything_lives_at_one_origin_with_one_key(moodle: Lms) -> None:
    origins = moodle.platform.origins
    assert origins.pages == origins.auth == origins.issuer
    keys = requests.get(f"{origins.pages}/mod/lti/certs.php", timeout=5).json()["keys"]
    assert [len(key["kid"]) for key in keys] == [20]


def test_ids_are_numbers_as_text(moodle: Lms) -> None:
    claims = moodle.claims("amara")
    assert claims["sub"] == "11"
    assert claims[CLAIM + "context"]["id"] == "12"
    assert claims[CLAIM + "resource_link"]["id"] == "1"
    assert claims[CLAIM + "deployment_id"] == "1"
    assert len(claims["aud"]) == 15
    assert moodle.claims("leo", "skills")["sub"] == moodle.claims("leo")["sub"]


def test_the_login_is_a_post_of_six_fields(moodle: Lms) -> None:
    _, form = login_form(moodle)
    assert form.method == "post"
    assert set(form.fields) == {
        "iss",
        "target_link_uri",
        "login_hint",
        "lti_message_hint",
        "client_id",
        "lti_deployment_id",
    }
    assert form.fields["login_hint"] == "11"


def test_the_message_hint_is_json_to_be_echoed_byte_for_byte(moodle: Lms) -> None:
    _, form = login_form(moodle)
    hint = json.loads(form.fields["lti_message_hint"])
    assert hint["cmid"] == 101
    assert hint["launchid"].startswith("ltilaunch1_")
    moodle.tool.bend["lti_message_hint"] = json.dumps(hint, indent=1)
    assert landed(moodle).status_code == 404


def test_a_launch_is_good_for_one_token(moodle: Lms) -> None:
    walker, form = login_form(moodle)
    assert isinstance(walker.follow(walker.submit(form)), LastPost)
    again = walker.follow(walker.submit(form))
    assert isinstance(again, requests.Response)
    assert again.status_code == 404
    assert "Invalid request" in again.text


def test_a_launch_belongs_to_the_browser_that_began_it(moodle: Lms) -> None:
    _, form = login_form(moodle)
    other = LmsWalker(moodle.home)
    other.login_form("moodle", "tomasz")
    answer = other.follow(other.submit(form))
    assert isinstance(answer, requests.Response)
    assert answer.status_code == 404


def test_another_redirect_address_is_an_error_page_of_its_own(moodle: Lms) -> None:
    moodle.tool.bend["redirect_uri"] = f"{moodle.tool.origin}/lti/launch?more=1"
    assert landed(moodle).status_code == 400


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("nonce", None, "invalid_request"),
        ("scope", "openid email", "invalid_scope"),
        ("response_type", "code", "unsupported_response_type"),
        ("response_mode", None, "invalid_request"),
        ("prompt", "login", "invalid_request"),
        ("login_hint", "12", "access_denied"),
    ],
)
def test_a_wrong_request_comes_back_as_an_error_form(
    moodle: Lms, name: str, value: str | None, error: str
) -> None:
    moodle.tool.bend[name] = value
    last = moodle.last_post("amara")
    assert (last.fields["error"], last.fields["state"]) == (error, "s-1")
    assert "id_token" not in last.fields


def test_prompt_may_be_left_out(moodle: Lms) -> None:
    moodle.tool.bend["prompt"] = None
    assert "id_token" in moodle.last_post("amara").fields


def without_cookie(moodle: Lms, **more: str) -> requests.Response:
    """The tool's redirect followed as in a frame that holds a Lax cookie back."""
    _, form = login_form(moodle)
    fields = moodle.tool.authentication(form.fields) | more
    return requests.get(moodle.platform.address("auth"), params=fields, timeout=5)


def test_without_the_cookie_the_page_posts_itself_again(moodle: Lms) -> None:
    (form,) = Page(without_cookie(moodle)).forms
    assert form.auto
    assert form.action == moodle.platform.address("auth")
    assert form.fields["repost"] == "1"
    assert form.fields["state"] == "s-1"


def test_a_tool_that_sends_repost_itself_is_refused(moodle: Lms) -> None:
    assert without_cookie(moodle, repost="1").status_code == 404


def test_the_session_cookie_is_lax(moodle: Lms) -> None:
    page = moodle.house.platform.address("start_launch", activity=101)
    cookie = requests.get(page, params={"as": "amara"}, timeout=5).headers["Set-Cookie"]
    assert cookie.startswith("MoodleSession=")
    assert "SameSite=Lax" in cookie


# -- 2.3, the id_token -----------------------------------------------------------------------------


def test_the_token_lives_a_minute_and_has_no_azp(moodle: Lms) -> None:
    claims = moodle.claims("amara")
    assert claims["exp"] - claims["iat"] == 60
    assert isinstance(claims["aud"], str)
    assert "azp" not in claims


def test_the_claims_are_those_that_were_seen(moodle: Lms) -> None:
    claims = moodle.claims("ingrid")
    assert claims[CLAIM + "context"]["type"] == ["CourseSection"]
    assert claims[CLAIM + "lis"].keys() == {"person_sourcedid", "course_section_sourcedid"}
    assert "sesskey=" in claims[CLAIM + "launch_presentation"]["return_url"]
    assert claims[CLAIM + "tool_platform"]["product_family_code"] == "moodle"
    assert claims[CLAIM + "ext"] == {"user_username": "ingrid", "lms": "moodle-2"}
    assert claims[NRPS]["service_versions"] == ["1.0", "2.0"]
    assert claims[AGS]["scope"] == sorted(claims[AGS]["scope"])
    assert json.loads(claims[BASIC_OUTCOME]["lis_result_sourcedid"])["data"]["userid"] == "3"
    assert not {"picture", "locale", "email_verified"} & claims.keys()


def test_a_link_without_a_grade_has_no_column(moodle: Lms) -> None:
    claims = moodle.claims("amara", "ungraded")
    assert "lineitem" not in claims[AGS]
    assert BASIC_OUTCOME not in claims


def test_service_addresses_carry_the_type(moodle: Lms) -> None:
    endpoint = moodle.claims("amara")[AGS]
    assert "/mod/lti/services.php/12/lineitems/" in endpoint["lineitem"]
    assert endpoint["lineitem"].endswith("/lineitem?type_id=1")
    assert endpoint["lineitems"].endswith("/lineitems?type_id=1")


def test_the_intro_is_text_with_loud_bold(moodle: Lms) -> None:
    course = moodle.platform.world.courses["internship"]
    course.activities["competencies"].text = "<p>Intro <b>text</b> &amp; more</p>"
    link = moodle.claims("amara")[CLAIM + "resource_link"]
    assert link["description"] == "Intro TEXT & more"


@pytest.mark.parametrize("privacy", ["public", "anonymous"])
def test_names_come_only_when_privacy_says_so(moodle: Lms, privacy: str) -> None:
    moodle.control("switches", privacy=privacy)
    claims = moodle.claims("amara")
    names = {"name", "given_name", "family_name", "email"}
    assert names & claims.keys() == (names if privacy == "public" else set())


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("ingrid", {"membership#Instructor"}),
        ("helen", {"membership#Instructor"}),
        ("lucia", {"membership#Instructor"}),
        ("femke", {"membership#Instructor"}),
        ("amara", {"membership#Learner"}),
        ("leo", {"membership#Learner"}),
        (
            "alma",
            {
                "membership#Instructor",
                "institution/person#Administrator",
                "system/person#Administrator",
            },
        ),
    ],
)
def test_launch_roles(moodle: Lms, person: str, roles: set[str]) -> None:
    assert moodle.roles(person) == roles


# -- 2.4, custom parameters ------------------------------------------------------------------------


def test_unknown_variables_stay_and_capitals_come_twice(moodle: Lms) -> None:
    custom = moodle.claims("amara")[CLAIM + "custom"]
    assert custom["due_at"] == "$ResourceLink.submission.endDateTime"
    assert custom["ward_round"] == custom["Ward Round"] == "Acute medicine"
    assert custom["timezone"] == "99"
    assert "/memberships" in custom["context_memberships_url"]


# -- 2.5, the frame and the phone ------------------------------------------------------------------


def test_the_frame_is_moodles(moodle: Lms) -> None:
    walker = LmsWalker(moodle.home)
    page = walker.browser.get(walker.activity_page("moodle", "amara", "competencies"))
    assert 'id="contentframe"' in page.text
    assert f"microphone {moodle.tool.origin}" in page.text
    assert "sandbox=" not in page.text
    assert moodle.claims("amara")[CLAIM + "launch_presentation"]["document_target"] == "iframe"


def test_a_phone_gets_the_whole_window(moodle: Lms) -> None:
    phone = Browser("Mozilla/5.0 (Linux; Android 15) Chrome/156 Mobile Safari/537.36")
    walker = LmsWalker(moodle.home, phone)
    page = phone.get(walker.activity_page("moodle", "amara", "competencies"))
    assert "/mod/lti/launch.php" in page.url
    last = walker.until_last_post("moodle", "amara")
    assert isinstance(last, LastPost)
