"""The notification service of Canvas: who may subscribe to what, and what is then told."""

from typing import Any

import jwt
import pytest
import requests

from tests.unit.sandbox.conftest import CLAIM, Lms

NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
COPY = "LtiContextCopyNotice"
JSON = "application/json"


def service(lms: Lms, activity: str = "competencies") -> dict[str, Any]:
    found: dict[str, Any] = lms.claims("ingrid", activity)[CLAIM + "platformnotificationservice"]
    return found


def subscribe(lms: Lms, activity: str = "competencies", **bend: Any) -> requests.Response:
    body = {"notice_type": COPY, "handler": f"{lms.tool.origin}/lti/notices"} | bend
    address = service(lms, activity)["platform_notification_service_url"]
    return lms.call("PUT", address, NOTICES, JSON, json=body)


def told(lms: Lms) -> dict[str, Any]:
    """The one notice the tool got, checked as a tool would check it."""
    [token] = lms.tool.notices
    found: dict[str, Any] = jwt.decode(
        token,
        lms.platform.keys.present.private.public_key(),
        algorithms=["RS256"],
        audience=lms.platform.client.client_id,
    )
    return found


def test_the_launch_names_the_service(canvas: Lms) -> None:
    found = service(canvas)
    assert found["platform_notification_service_url"].endswith("/api/lti/notice-handlers/318")
    assert found["scope"] == [NOTICES]
    assert found["service_versions"] == ["1.0"]
    assert COPY in found["notice_types_supported"]


def test_without_the_scope_there_is_no_service(canvas: Lms) -> None:
    rest = [scope for scope in canvas.platform.switches.scopes if scope != NOTICES]
    canvas.control("switches", scopes=rest)
    assert CLAIM + "platformnotificationservice" not in canvas.claims("ingrid")


def test_a_handler_is_kept_shown_and_taken_back(canvas: Lms) -> None:
    handler = f"{canvas.tool.origin}/lti/notices"
    answer = subscribe(canvas)
    assert (answer.status_code, answer.json()) == (200, {"notice_type": COPY, "handler": handler})
    address = service(canvas)["platform_notification_service_url"]
    shown = canvas.call("GET", address, NOTICES).json()
    assert shown["deployment_id"].startswith("318:")
    handlers = {found["notice_type"]: found["handler"] for found in shown["notice_handlers"]}
    assert handlers[COPY] == handler
    assert handlers["LtiHelloWorldNotice"] == ""
    subscribe(canvas, handler="")
    shown = canvas.call("GET", address, NOTICES).json()
    assert all(found["handler"] == "" for found in shown["notice_handlers"])


@pytest.mark.parametrize(
    "bend",
    [
        {"handler": "http://elsewhere.example/lti/notices"},
        {"handler": "nonsense"},
        {"handler": None},
        {"notice_type": "LtiNoSuchNotice"},
        {"notice_type": ""},
    ],
)
def test_a_bad_handler_is_400(canvas: Lms, bend: dict[str, Any]) -> None:
    assert subscribe(canvas, **bend).status_code == 400
    assert not any(canvas.platform.handlers.values())


def test_the_scope_is_needed(canvas: Lms) -> None:
    address = service(canvas)["platform_notification_service_url"]
    scope = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    assert canvas.call("GET", address, scope).status_code == 401
    nobody = canvas.platform.address("notices", tool="999")
    assert canvas.call("GET", nobody, NOTICES).status_code == 404


def test_a_copy_is_told_once(canvas: Lms) -> None:
    subscribe(canvas)
    old = canvas.claims("ingrid")[CLAIM + "context"]["id"]
    key = canvas.control("copy", course="internship")["course"]
    claims = told(canvas)
    new = canvas.claims("ingrid", f"{key}/competencies")[CLAIM + "context"]
    assert claims[CLAIM + "notice"]["type"] == COPY
    assert claims[CLAIM + "context"]["id"] == new["id"]
    assert claims[CLAIM + "origin_contexts"] == [old]
    assert claims[CLAIM + "deployment_id"].startswith("318:")
    assert claims["iss"] == canvas.platform.origins.issuer
    assert claims["nonce"]
    assert "sub" not in claims
    assert canvas.platform.notices[-1].status == 202


def test_each_deployment_has_handlers_of_its_own(canvas: Lms) -> None:
    subscribe(canvas)
    canvas.control("copy", course="simulation")
    assert canvas.tool.notices == []
    subscribe(canvas, "skills")
    canvas.control("copy", course="simulation")
    assert told(canvas)[CLAIM + "deployment_id"].startswith("422:")


def test_a_tool_that_is_away_is_not_told_again(canvas: Lms) -> None:
    subscribe(canvas, handler=f"{canvas.tool.origin}/nowhere")
    canvas.control("copy", course="internship")
    assert [sent.status for sent in canvas.platform.notices] == [404]
    assert canvas.tool.notices == []


def forged(lms: Lms, how: str, **more: Any) -> str:
    subscribe(lms)
    key = lms.control("copy", course="internship")["course"]
    lms.tool.notices.clear()
    sent = lms.control("notice", course=key, how=how, **more)
    assert (sent["how"], sent["status"]) == (how, 202)
    return lms.tool.notices[0]


def test_forged_notices(canvas: Lms) -> None:
    assert forged(canvas, "garbage") == "not.a.token"
    claims = {
        how: jwt.decode(forged(canvas, how), options={"verify_signature": False})
        for how in ("true", "wrong-audience", "old", "unknown-deployment", "foreign-key")
    }
    assert claims["true"][CLAIM + "origin_contexts"]
    assert claims["wrong-audience"]["aud"] == "somebody-else"
    assert claims["true"]["iat"] - claims["old"]["iat"] > 3600
    assert claims["old"]["exp"] < claims["true"]["iat"]
    assert claims["unknown-deployment"][CLAIM + "deployment_id"] == "9:nowhere"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(
            canvas.tool.notices[0],
            canvas.platform.keys.present.private.public_key(),
            algorithms=["RS256"],
            audience=canvas.platform.client.client_id,
        )


def test_a_notice_can_say_anything(canvas: Lms) -> None:
    token = forged(canvas, "true", origins=["simulation"], set={"nonce": "again"})
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["nonce"] == "again"
    simulation = canvas.house.claims.context_id(canvas.platform.world.courses["simulation"])
    assert claims[CLAIM + "origin_contexts"] == [simulation]


def test_only_canvas_sends_notices(canvas: Lms, moodle: Lms) -> None:
    for lms in (canvas, moodle):
        address = f"{lms.home}/control/{lms.key}/notice"
        assert requests.post(address, json={"course": "internship"}, timeout=5).status_code == 404
