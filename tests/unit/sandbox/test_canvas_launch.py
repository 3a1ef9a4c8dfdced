"""The canvas flavour launches as Canvas does: login, sign-in, keys, claims, roles."""

import jwt
import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from tests.lms_walker import Form, LastPost, LmsWalker
from tests.unit.sandbox.conftest import AGS, CLAIM, NRPS, Lms, StandIn


def error_of(lms: Lms) -> str:
    return lms.last_post("amara").fields["error"]


# -- 1, login initiation ---------------------------------------------------------------------------


def login_form(lms: Lms, activity: str = "competencies") -> Form:
    return LmsWalker(lms.home).login_form("canvas", "amara", activity)


def test_the_login_is_a_post_of_nine_fields(canvas: Lms) -> None:
    form = login_form(canvas)
    assert form.method == "post"
    assert form.action == f"{canvas.tool.origin}/lti/login"
    assert set(form.fields) == {
        "iss",
        "login_hint",
        "client_id",
        "lti_deployment_id",
        "target_link_uri",
        "lti_message_hint",
        "canvas_environment",
        "canvas_region",
        "lti_storage_target",
    }
    assert form.fields["lti_deployment_id"].startswith("318:")
    assert len(form.fields["login_hint"]) == 40


def test_the_storage_target_can_be_switched_off(canvas: Lms) -> None:
    assert canvas.last_post("amara").fields["lti_storage_target"] == "post_message_forwarding"
    canvas.control("switches", storage_target=False)
    assert "lti_storage_target" not in login_form(canvas).fields
    assert "lti_storage_target" not in canvas.last_post("amara").fields


# -- 2, sign-in ------------------------------------------------------------------------------------


def test_another_redirect_address_is_an_error_page_of_its_own(canvas: Lms) -> None:
    canvas.tool.bend["redirect_uri"] = f"{canvas.tool.origin}/lti/launch?more=1"
    answer = LmsWalker(canvas.home).until_last_post("canvas", "amara")
    assert isinstance(answer, requests.Response)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scope", "openid profile"),
        ("response_type", "code"),
        ("response_mode", None),
        ("prompt", "login"),
        ("nonce", None),
        ("login_hint", None),
    ],
)
def test_a_wrong_request_comes_back_as_an_error_form(
    canvas: Lms, name: str, value: str | None
) -> None:
    canvas.tool.bend[name] = value
    last = canvas.last_post("amara")
    assert last.fields["error"] == "invalid_request_object"
    assert last.fields["state"] == "s-1"
    assert "id_token" not in last.fields


def test_another_persons_login_hint_asks_for_a_session(canvas: Lms) -> None:
    canvas.tool.bend["login_hint"] = "0" * 40
    assert error_of(canvas) == "login_required"


def test_the_message_hint_is_a_token_that_lives_five_minutes(canvas: Lms) -> None:
    form = login_form(canvas)
    jwt.decode(form.fields["lti_message_hint"], options={"verify_signature": False})
    canvas.control("switches", clock_offset=301)
    answer = LmsWalker(canvas.home).submit(form)
    assert answer.status_code == 400


def test_a_made_up_message_hint_is_an_error_page(canvas: Lms) -> None:
    canvas.tool.bend["lti_message_hint"] = "made-up"
    answer = LmsWalker(canvas.home).until_last_post("canvas", "amara")
    assert isinstance(answer, requests.Response)
    assert answer.status_code == 400


def test_a_launch_is_good_for_one_token(canvas: Lms) -> None:
    walker = LmsWalker(canvas.home)
    form = login_form(canvas)
    first = walker.follow(walker.submit(form))
    again = walker.follow(walker.submit(form))
    assert isinstance(first, LastPost)
    assert isinstance(again, LastPost)
    assert "id_token" in first.fields
    assert again.fields["error"] == "launch_no_longer_valid"


# -- 3, keys, issuer, deployments ------------------------------------------------------------------


def kids(canvas: Lms) -> list[str]:
    keys = requests.get(canvas.platform.address("jwks"), timeout=5).json()["keys"]
    return [key["kid"] for key in keys]


def signing_kid(canvas: Lms) -> str:
    kid: str = jwt.get_unverified_header(canvas.last_post("amara").fields["id_token"])["kid"]
    return kid


def test_three_keys_are_published_and_the_middle_one_signs(canvas: Lms) -> None:
    assert len(set(kids(canvas))) == 3
    assert signing_kid(canvas) == kids(canvas)[1]


def test_the_key_set_may_be_kept_for_days(canvas: Lms, plain: Lms) -> None:
    answer = requests.get(canvas.platform.address("jwks"), timeout=5)
    assert answer.headers["Cache-Control"] == "max-age=864000"
    assert "Cache-Control" not in requests.get(plain.platform.address("jwks"), timeout=5).headers


def test_rotation_brings_the_next_key_to_the_front(canvas: Lms) -> None:
    before = kids(canvas)
    canvas.control("keys")
    assert kids(canvas)[:2] == before[1:]
    assert signing_kid(canvas) == before[2]


def test_all_keys_can_be_replaced_at_once(canvas: Lms) -> None:
    before = kids(canvas)
    canvas.control("keys", how="replace")
    assert not set(before) & {*kids(canvas), signing_kid(canvas)}


def test_pages_sign_in_and_issuer_are_three_origins(canvas: Lms) -> None:
    origins = canvas.platform.origins
    assert len({origins.pages, origins.auth, origins.issuer}) == 3
    assert canvas.platform.address("auth").startswith(origins.auth)
    assert canvas.claims("amara")[AGS]["lineitems"].startswith(origins.pages)


def test_two_schools_share_the_issuer_and_nothing_else(
    canvas: Lms, sandbox: Sandbox, stand_in: StandIn
) -> None:
    mine = canvas.claims("amara")
    second = Lms(sandbox, "canvas-second", stand_in)
    theirs = second.claims("cleo")
    platform = CLAIM + "tool_platform"
    assert mine["iss"] == theirs["iss"]
    assert mine["aud"] != theirs["aud"]
    assert mine[platform]["guid"] != theirs[platform]["guid"]
    assert theirs[AGS]["lineitems"].startswith(second.platform.origins.pages)


def test_one_client_has_several_deployments(canvas: Lms) -> None:
    deployment = CLAIM + "deployment_id"
    assert canvas.claims("ingrid")[deployment] != canvas.claims("ingrid", "skills")[deployment]


# -- 4, the id_token -------------------------------------------------------------------------------


def test_the_audience_is_one_text_and_azp_repeats_it(canvas: Lms) -> None:
    claims = canvas.claims("amara")
    assert claims["aud"] == claims["azp"] == "10000000000012"
    assert claims["exp"] - claims["iat"] == 3600


def test_validation_leftovers_are_in_the_token(canvas: Lms) -> None:
    claims = canvas.claims("amara")
    assert claims["errors"] == {"errors": {}}
    for name in ("context", "resource_link", "tool_platform", "launch_presentation"):
        assert claims[CLAIM + name]["errors"] == {"errors": {}}
        assert claims[CLAIM + name]["validation_context"] is None
    assert claims[NRPS]["validation_context"] is None


def test_the_placement_is_null_for_an_assignment(canvas: Lms) -> None:
    placement = "https://www.instructure.com/placement"
    assert canvas.claims("amara")[placement] is None
    assert canvas.claims("amara", "menu")[placement] == "course_navigation"


def test_ids_are_hex_and_uuid(canvas: Lms) -> None:
    claims = canvas.claims("amara")
    assert len(claims[CLAIM + "context"]["id"]) == 40
    assert len(claims[CLAIM + "resource_link"]["id"]) == len(claims["sub"]) == 36
    assert claims[CLAIM + "lti11_legacy_user_id"] == claims[CLAIM + "lti1p1"]["user_id"]


def test_variables_without_a_value_arrive_as_they_are_written(canvas: Lms) -> None:
    custom = canvas.claims("amara", "menu")[CLAIM + "custom"]
    assert custom["canvas_assignment_id"] == "$Canvas.assignment.id"
    assert canvas.claims("amara")[CLAIM + "custom"]["canvas_assignment_id"] == "101"
    assert canvas.claims("amara")[CLAIM + "custom"]["due_at"].startswith("$Canvas.")
    assert all(isinstance(value, str) for value in custom.values())


def test_a_navigation_link_is_the_course_itself_and_has_no_column(canvas: Lms) -> None:
    claims = canvas.claims("amara", "menu")
    assert claims[CLAIM + "resource_link"]["id"] == claims[CLAIM + "context"]["id"]
    assert "lineitem" not in claims[AGS]
    assert canvas.claims("amara")[AGS]["lineitem"]


@pytest.mark.parametrize(
    ("privacy", "present"),
    [
        ("public", {"name", "given_name", "family_name", "email", "picture"}),
        ("name_only", {"name", "given_name", "family_name"}),
        ("email_only", {"email"}),
        ("anonymous", set()),
    ],
)
def test_privacy_has_four_levels(canvas: Lms, privacy: str, present: set[str]) -> None:
    canvas.control("switches", privacy=privacy)
    claims = canvas.claims("amara")
    personal = {"name", "given_name", "family_name", "email", "picture"}
    assert personal & claims.keys() == present
    assert (CLAIM + "lis" in claims) == (privacy in ("public", "name_only"))
    members = requests.get(
        claims[NRPS]["context_memberships_url"],
        headers={"Authorization": f"Bearer {canvas.token(ROSTER_SCOPE)}"},
        timeout=5,
    ).json()["members"]
    amara = next(member for member in members if member["user_id"] == claims["sub"])
    assert personal & amara.keys() == present


ROSTER_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"


def test_a_missing_description_is_null(canvas: Lms) -> None:
    assert canvas.claims("amara", "menu")[CLAIM + "resource_link"]["description"] is None


# -- 5, people -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        ("ingrid", {"institution/person#Instructor", "membership#Instructor"}),
        (
            "helen",
            {
                "institution/person#Instructor",
                "membership#Instructor",
                "membership/Instructor#TeachingAssistant",
            },
        ),
        ("dana", {"institution/person#Instructor", "membership#ContentDeveloper"}),
        ("amara", {"institution/person#Student", "membership#Learner"}),
        (
            "leo",
            {
                "institution/person#Instructor",
                "institution/person#Student",
                "membership#Learner",
            },
        ),
        (
            "femke",
            {
                "institution/person#Instructor",
                "institution/person#Student",
                "membership#Instructor",
                "membership#Learner",
            },
        ),
        ("graham", {"membership#Mentor"}),
        (
            "test-student",
            {
                "institution/person#Student",
                "membership#Learner",
                "lti/system/person#TestUser",
            },
        ),
        ("alma", {"institution/person#Administrator"}),
    ],
)
def test_roles_of_everybody(canvas: Lms, person: str, roles: set[str]) -> None:
    assert canvas.roles(person) == roles | {"system/person#User"}


def test_a_custom_role_shows_only_in_its_variable(canvas: Lms) -> None:
    assert canvas.roles("lucia") == canvas.roles("helen")
    custom = CLAIM + "custom"
    assert canvas.claims("lucia")[custom]["membership_roles"] == "Clinical Preceptor"
    assert canvas.claims("helen")[custom]["membership_roles"] == "TaEnrollment"


def test_an_observer_names_whom_they_observe_in_public_only(canvas: Lms) -> None:
    mentor = CLAIM + "role_scope_mentor"
    assert canvas.claims("graham")[mentor] == [canvas.sub("amara")]
    canvas.control("switches", privacy="name_only")
    assert mentor not in canvas.claims("graham")


def test_a_visitor_has_no_sub(canvas: Lms) -> None:
    claims = canvas.claims("visitor")
    assert "sub" not in claims
    assert canvas.roles("visitor") == {"system/person#None"}


def test_a_merged_user_keeps_the_id_the_course_knew(canvas: Lms) -> None:
    older = canvas.claims("samuel")["sub"]
    newer = canvas.claims("samuel", "skills")["sub"]
    assert older != newer
    assert canvas.score("samuel", userId=newer).ok
    assert canvas.score("samuel", userId=older).ok


def test_whoever_left_has_no_course_role(canvas: Lms) -> None:
    canvas.control("enrolment", course="internship", person="amara", state="concluded")
    assert canvas.roles("amara") == {"system/person#User"}


def test_someone_without_name_and_email_is_only_a_sub(canvas: Lms) -> None:
    claims = canvas.claims("nameless")
    assert claims["sub"]
    assert not {"name", "given_name", "family_name", "email"} & claims.keys()


def test_a_hostile_name_arrives_as_it_is(canvas: Lms) -> None:
    name = canvas.claims("mallory")["name"]
    assert name.startswith("=cmd|")
    assert "<img" in name
    assert "\u202e" in name
