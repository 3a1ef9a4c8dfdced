"""The control interface: orders are checked, state is whole, and any token can be signed."""

from typing import Any

import jwt
import pytest
import requests

from tests.unit.sandbox.conftest import CLAIM, SCORE, Lms


def order(lms: Lms, action: str, **body: Any) -> requests.Response:
    return requests.post(f"{lms.home}/control/{lms.key}/{action}", json=body, timeout=5)


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("switches", {"privacy": "loud"}, 400),
        ("switches", {"made_up": 1}, 400),
        ("activity", {"activity": "made-up"}, 404),
        ("course", {"course": "made-up"}, 404),
        ("enrolment", {"course": "internship", "person": "made-up"}, 404),
        ("grade", {"person": "amara"}, 404),
        ("grade", {"person": "amara", "column": "0"}, 404),
        ("fault", {"where": "control"}, 400),
        ("made-up", {}, 404),
    ],
)
def test_a_bad_order_is_refused(
    canvas: Lms, action: str, body: dict[str, Any], status: int
) -> None:
    assert order(canvas, action, **body).status_code == status


def test_only_json_is_obeyed(canvas: Lms) -> None:
    answer = requests.post(f"{canvas.home}/control/canvas/clear", data={}, timeout=5)
    assert answer.status_code == 415


def test_only_a_loopback_name_is_answered(canvas: Lms) -> None:
    headers = {"Host": "elsewhere.example"}
    for path in ("/", "/control/state.json"):
        assert requests.get(canvas.home + path, headers=headers, timeout=5).status_code == 403


def test_clearing_keeps_people_and_ids(canvas: Lms) -> None:
    column, sub = canvas.column(), canvas.sub("amara")
    canvas.score()
    order(canvas, "enrolment", course="internship", person="amara", state="removed")
    order(canvas, "clear")
    assert (canvas.column(), canvas.claims("amara")["sub"]) == (column, sub)
    state = requests.get(f"{canvas.home}/control/state.json", timeout=5).json()["canvas"]
    assert all(found["grades"] == {} for found in state["columns"])


def test_the_state_tells_what_passed(canvas: Lms) -> None:
    canvas.score(comment="Seen")
    state = requests.get(f"{canvas.home}/control/state.json", timeout=5).json()["canvas"]
    kinds = [event["kind"] for event in state["log"]]
    assert kinds == ["Launch", "Token", "Grade received"]
    assert [launch["person"] for launch in state["launches"]] == ["ingrid"]
    (message,) = canvas.cell("amara")["history"]
    assert message["comment"] == "Seen"


def test_registrations_say_what_the_tool_needs(canvas: Lms) -> None:
    found = requests.get(f"{canvas.home}/registrations.json", timeout=5).json()
    assert set(found) == {"canvas", "moodle", "plain", "canvas-second"}
    mine = found["canvas"]
    assert mine["product"] == "canvas"
    assert mine["issuer"] == canvas.platform.origins.issuer
    assert mine["auth_login_url"] == canvas.platform.address("auth")
    assert len(mine["deployment_ids"]) == 2
    assert found["moodle"]["deployment_ids"] == ["1"]
    assert found["plain"]["product"] is None
    assert found["canvas-second"]["issuer"] == mine["issuer"]


# -- signing what no LMS would ---------------------------------------------------------------------


def signed(lms: Lms, **body: Any) -> str:
    wanted = {"person": "amara", "activity": "competencies"} | body
    token: str = lms.control("sign", **wanted)["id_token"]
    return token


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.get_unverified_header(token), claims


def verifies(lms: Lms, token: str) -> bool:
    for key in lms.platform.keys.keys:
        try:
            jwt.decode_complete(
                token,
                key.private.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False},
            )
        except jwt.InvalidSignatureError:
            continue
        return True
    return False


def test_a_normal_token_bends_claim_by_claim(canvas: Lms) -> None:
    version = CLAIM + "version"
    token = signed(canvas, nonce="mine", set={version: "1.1.0", "more": [1]}, remove=["exp"])
    _, claims = read(token)
    assert (claims["nonce"], claims[version], claims["more"]) == ("mine", "1.1.0", [1])
    assert "exp" not in claims
    assert claims["sub"] == canvas.sub("amara")
    assert verifies(canvas, token)


def test_the_header_bends_too(canvas: Lms) -> None:
    header, _ = read(signed(canvas, header={"typ": "odd"}, header_remove=["kid"]))
    assert header == {"typ": "odd", "alg": "RS256"}


@pytest.mark.parametrize(
    ("key", "good"), [("present", True), ("oldest", True), ("newest", True), ("foreign", False)]
)
def test_any_key_may_sign(canvas: Lms, key: str, good: bool) -> None:
    assert verifies(canvas, signed(canvas, key=key)) is good


def test_a_token_may_be_unsigned(canvas: Lms) -> None:
    token = signed(canvas, key="none", header={"alg": "none"})
    assert token.endswith(".")
    assert read(token)[0]["alg"] == "none"


@pytest.mark.parametrize("payload", [[], "text", None, 7, {"deep": {"deep": []}}])
def test_the_payload_may_be_anything(canvas: Lms, payload: Any) -> None:
    token = signed(canvas, payload=payload)
    body = jwt.api_jws.decode_complete(token, options={"verify_signature": False})["payload"]
    assert jwt.api_jws.json.loads(body) == payload


# -- 10, trouble on purpose ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "body": "429 Too Many Requests (Rate Limit Exceeded)"},
        {"status": 429},
        {"status": 403, "body": "403 Forbidden (Rate Limit Exceeded)"},
        {"status": 503, "headers": {"Retry-After": "1"}, "delay": 0.01},
    ],
)
def test_the_next_posts_fail_as_ordered_and_then_pass(canvas: Lms, trouble: dict[str, Any]) -> None:
    order(canvas, "fault", where="scores", times=2, **trouble)
    answers = [canvas.score() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [trouble["status"]] * 2 + [200]
    assert answers[0].text == trouble.get("body", "")
    assert trouble.get("headers", {}).items() <= answers[0].headers.items()


def test_a_reply_can_be_lost_after_the_work_was_done(canvas: Lms) -> None:
    order(canvas, "fault", where="scores", drop=True)
    with pytest.raises(requests.ConnectionError):
        canvas.score(scoreGiven=61)
    assert canvas.cell("amara")["score"] == 61
    assert canvas.score(scoreGiven=62).ok


def test_trouble_can_be_called_off(canvas: Lms) -> None:
    order(canvas, "fault", where="*", status=500, times=9)
    assert canvas.ask_token(SCORE).status_code == 500
    order(canvas, "no-faults")
    assert canvas.ask_token(SCORE).ok


def test_sign_in_and_keys_can_fail_too(canvas: Lms) -> None:
    order(canvas, "fault", where="token", status=503)
    assert canvas.ask_token(SCORE).status_code == 503
    order(canvas, "fault", where="jwks", status=500)
    assert requests.get(canvas.platform.address("jwks"), timeout=5).status_code == 500
