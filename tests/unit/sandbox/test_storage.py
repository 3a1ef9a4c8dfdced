"""Platform Storage as far as no browser is needed: where the frame is, who names it, the log."""

import re

import pytest
import requests

from tests.lms_walker import LmsWalker
from tests.unit.sandbox.conftest import Lms


def page(lms: Lms) -> str:
    walker = LmsWalker(lms.home)
    return walker.browser.get(walker.activity_page(lms.key, "amara", "competencies")).text


def target(lms: Lms) -> str | None:
    """`lti_storage_target` of the login, the same in the launch."""
    login = LmsWalker(lms.home).login_form(lms.key, "amara").fields.get("lti_storage_target")
    assert lms.last_post("amara").fields.get("lti_storage_target") == login
    return login


def test_the_frame_is_served_where_people_sign_in(canvas: Lms) -> None:
    found = re.search(r'<iframe id="post_message_forwarding"[^>]*>', page(canvas))
    assert found
    assert 'name="post_message_forwarding"' in found[0]
    assert 'sandbox="allow-scripts allow-same-origin"' in found[0]
    address = re.search(r'src="([^"]*)"', found[0])
    assert address
    assert address[1].startswith(f"{canvas.platform.origins.auth}/post_message_forwarding?")
    assert requests.get(address[1], timeout=5).status_code == 200
    nobody = f"{canvas.platform.origins.auth}/post_message_forwarding?school=nobody"
    assert requests.get(nobody, timeout=5).status_code == 404


def test_without_a_target_there_is_no_frame(canvas: Lms) -> None:
    canvas.control("switches", storage_target=False)
    assert "post_message_forwarding" not in page(canvas)


@pytest.mark.parametrize("key", ["canvas", "plain"])
def test_the_page_itself_can_store(key: str, request: pytest.FixtureRequest) -> None:
    lms: Lms = request.getfixturevalue(key)
    lms.control("switches", storage_parent=True)
    assert target(lms) == "_parent"
    found = page(lms)
    assert 'data-storage="answers"' in found
    assert "post_message_forwarding" not in found


def test_plain_stores_nothing_unless_told(plain: Lms) -> None:
    assert target(plain) is None
    assert "data-storage" not in page(plain)


def test_moodle_has_no_storage(moodle: Lms) -> None:
    moodle.control("switches", storage_parent=True)
    assert target(moodle) is None


def test_what_was_stored_is_in_the_log_without_its_value(canvas: Lms) -> None:
    address = f"{canvas.platform.origins.auth}/storage/passed/canvas"
    body = {"subject": "lti.put_data", "key": "state", "value": "secret", "origin": "x"}
    assert requests.post(address, json=body, timeout=5).status_code == 204
    event = canvas.platform.log[-1]
    assert (event.kind, event.words) == ("Storage", "The tool put state: done.")
    assert "secret" not in str(event.detail)
    assert requests.post(address, json={"subject": "lti.close"}, timeout=5).status_code == 400
    assert requests.post(address, data=body, timeout=5).status_code == 415
