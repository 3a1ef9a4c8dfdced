"""Claims as LMSs send them: a launch as observed on Moodle, one as Canvas's source makes it."""

from typing import Any

import pytest

from lti_tool.domain.errors import ClaimMissing, ClaimsMalformed
from lti_tool.lms.claims import Launch, MessageType, read_launch
from lti_tool.lms.products.choose import choose

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/"
DEEP_LINK = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
SERVICES = "https://moodle.example.edu/mod/lti/services.php"
SCHOOL = "https://northriver.example.edu"

MOODLE: dict[str, Any] = {
    "sub": "3",
    LTI + "deployment_id": "1",
    LTI + "lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
    LTI + "roles": [ROLE + "membership#Instructor"],
    LTI + "context": {"id": "2", "label": "INT1", "title": "Internship 1", "type": ["x"]},
    LTI + "message_type": "LtiResourceLinkRequest",
    LTI + "resource_link": {"title": "Ward 1", "description": "Intro TEXT", "id": "1"},
    "given_name": "Tina",
    "family_name": "Teacher",
    "name": "Tina Teacher",
    LTI + "ext": {"user_username": "teacher1", "lms": "moodle-2"},
    "email": "teacher1@example.com",
    LTI + "launch_presentation": {
        "locale": "en",
        "document_target": "iframe",
        "return_url": "https://moodle.example.edu/mod/lti/return.php?course=2&sesskey=abc",
    },
    LTI + "tool_platform": {"product_family_code": "moodle", "name": "LAB", "guid": "0725"},
    LTI + "version": "1.3.0",
    LTI + "target_link_uri": "https://tool.example.edu/lti/launch",
    LTI + "custom": {"Foo Bar": "Baz", "tz": "99", "unk": "$Foo.bar", "timezone": "99"},
    AGS + "claim/endpoint": {
        "scope": [AGS + "scope/score"],
        "lineitems": f"{SERVICES}/2/lineitems?type_id=1",
        "lineitem": f"{SERVICES}/2/lineitems/23/lineitem?type_id=1",
    },
    NRPS: {"context_memberships_url": f"{SERVICES}/CourseSection/2/bindings/1/memberships"},
}

JUNK = {"validation_context": None, "errors": {"errors": {}}}

CANVAS: dict[str, Any] = {
    "sub": "e2a0f4d3-5a4c-4f0e-8a6f-30b1c7d9a2f4",
    LTI + "message_type": "LtiResourceLinkRequest",
    LTI + "version": "1.3.0",
    LTI + "target_link_uri": "https://tool.example.edu/lti/launch?view=course",
    LTI + "deployment_id": "318:8865aa05b4b79b64a91a86042e43af5ea8ae79eb",
    LTI + "resource_link": {"id": "4dde05e8", "title": "Internship III", "description": None}
    | JUNK,
    LTI + "context": {"id": "4dde05e8", "label": "NURS-305", "title": "Internship III"} | JUNK,
    LTI + "tool_platform": {"guid": "Qv7n:canvas-lms", "name": "North River University"} | JUNK,
    LTI + "launch_presentation": {
        "document_target": "iframe",
        "return_url": f"{SCHOOL}/courses/4217",
        "locale": None,
        "height": None,
        "width": None,
    }
    | JUNK,
    "locale": "de",
    LTI + "roles": [
        ROLE + "institution/person#Instructor",
        ROLE + "membership#Instructor",
        ROLE + "membership/Instructor#TeachingAssistant",
    ],
    LTI + "custom": {
        "due_at": "$Canvas.assignment.dueAt.iso8601",
        "membership_roles": "Clinical Preceptor",
        "timezone": "Europe/Vienna",
    },
    AGS + "claim/endpoint": {"scope": [], "lineitems": f"{SCHOOL}/api/lti/line_items"} | JUNK,
    NRPS: {"context_memberships_url": f"{SCHOOL}/api/lti/names_and_roles"} | JUNK,
    "https://www.instructure.com/placement": None,
    "errors": {"errors": {}},
}


def read(claims: dict[str, Any], product: str = "other") -> Launch:
    return read_launch(claims, 7, choose(product))


def test_a_launch_as_seen_on_moodle() -> None:
    launch = read(MOODLE, "moodle")
    assert launch.platform_id == 7
    assert launch.person_name == "Tina Teacher"
    assert launch.roles == (ROLE + "membership#Instructor",)
    assert launch.roster_confirms_leads
    assert not launch.frame_resize
    assert launch.role_name is None
    assert launch.lineitem_url == f"{SERVICES}/2/lineitems/23/lineitem?type_id=1"
    assert launch.custom == {"Foo Bar": "Baz", "tz": "99", "timezone": "99"}
    assert launch.course is not None
    assert launch.course.time_zone is None, '"99" is the site\'s own zone, a name of nothing'
    assert launch.course.school == "LAB"
    assert launch.course.scopes == (AGS + "scope/score",)
    assert "sesskey" in str(launch.return_url)
    assert "sesskey" not in repr(launch)


def test_a_launch_as_canvas_makes_it_with_its_leaked_junk() -> None:
    launch = read(CANVAS, "canvas")
    assert launch.role_name == "Clinical Preceptor"
    assert launch.frame_resize
    assert not launch.roster_confirms_leads
    assert launch.lineitem_url is None
    assert launch.locale == "de"
    assert launch.person_name == "Learner d9a2f4"
    assert launch.email is None
    assert launch.course is not None
    assert launch.course.time_zone == "Europe/Vienna"
    assert launch.course.label == "NURS-305"
    assert "due_at" not in launch.custom


def test_a_launch_from_a_menu_of_the_course_opens_no_link() -> None:
    menu = CANVAS | {LTI + "context": {"id": "4dde05e8", "title": "Internship III"}}
    assert read(menu, "canvas").resource_link_id is None
    assert read(menu, "other").resource_link_id == "4dde05e8"


def test_the_history_of_a_copied_course() -> None:
    told = {"context_history": "c2a7, 77,,truncated," + "x" * 300}
    launch = read(MOODLE | {LTI + "custom": told})
    assert launch.course is not None
    assert launch.course.history == ("c2a7", "77", "truncated")
    unknown = read(MOODLE | {LTI + "custom": {"context_history": "$Context.id.history"}})
    assert unknown.course is not None
    assert unknown.course.history == ()


def test_a_request_to_choose_content() -> None:
    asked = {key: value for key, value in MOODLE.items() if not key.endswith("resource_link")} | {
        LTI + "message_type": "LtiDeepLinkingRequest",
        DEEP_LINK: {
            "accept_types": ["ltiResourceLink"],
            "accept_multiple": True,
            "deep_link_return_url": "https://moodle.example.edu/mod/lti/back.php?sesskey=abc",
        },
    }
    launch = read(asked, "moodle")
    assert (launch.message, launch.resource_link_id) == (MessageType.DEEP_LINKING, None)
    assert launch.deep_link is not None
    assert launch.deep_link.types == ("ltiResourceLink",)
    assert (launch.deep_link.multiple, launch.deep_link.lineitem) == (True, True)
    assert launch.deep_link.data is None
    assert "sesskey" not in repr(launch)


def test_a_submission_to_review() -> None:
    asked = {LTI + "message_type": "LtiSubmissionReviewRequest", LTI + "for_user": {"user_id": "5"}}
    launch = read(MOODLE | asked, "moodle")
    assert (launch.message, launch.for_user) == (MessageType.REVIEW, "5")


def test_where_copied_courses_are_told() -> None:
    service = {
        "platform_notification_service_url": "https://northriver.example.edu/api/lti/notice/1",
        "notice_types_supported": ["LtiHelloWorldNotice", "LtiContextCopyNotice"],
    }
    notices = read(CANVAS | {LTI + "platformnotificationservice": service | JUNK}).notices
    assert notices is not None
    assert "LtiContextCopyNotice" in notices.types
    assert read(CANVAS).notices is None


def test_what_is_too_long_for_a_name_is_cut_and_what_is_too_long_for_an_id_is_refused() -> None:
    launch = read(MOODLE | {"name": "x" * 600, LTI + "context": {"id": "2", "title": "y" * 600}})
    assert len(launch.person_name) == 500
    assert launch.course is not None
    assert len(launch.course.title) == 500
    with pytest.raises(ClaimsMalformed, match=r"context\.id"):
        read(MOODLE | {LTI + "context": {"id": "2" * 256}})


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_id_is_a_missing_one(empty: str) -> None:
    with pytest.raises(ClaimMissing, match=r"resource_link\.id"):
        read(MOODLE | {LTI + "resource_link": {"id": empty}})


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x.example/",
        "//x.example/",
        "https://",
        "https://a@b.example/",
        "https://a\\b/",
        "https://[",
        "data:text/html,x",
        "https://x.example/\n",
        7,
        ["https://x.example/"],
    ],
)
def test_what_is_no_web_address_is_refused(address: Any) -> None:
    with pytest.raises(ClaimsMalformed, match="context_memberships_url"):
        read(MOODLE | {NRPS: {"context_memberships_url": address}})


def test_nulls_stand_for_what_is_not_there() -> None:
    nothing = dict.fromkeys(
        ["name", "email", "locale", NRPS, AGS + "claim/endpoint", LTI + "custom", LTI + "context"]
    )
    launch = read(MOODLE | nothing)
    assert launch.course is None
    assert launch.person_name == "Tina Teacher"
