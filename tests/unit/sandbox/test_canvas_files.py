"""The canvas flavour fetches certificate files itself, now or later, and shows how that went."""

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.unit.sandbox.conftest import PDF, PROGRESS, SCORE, SUBMISSION, Lms, stamp


def send_file(canvas: Lms, path: str = "/files/certificate.pdf", **bend: Any) -> requests.Response:
    item = {
        "type": "file",
        "url": canvas.tool.origin + path,
        "title": "certificate.pdf",
        "media_type": "application/pdf",
    }
    return canvas.score(**{SUBMISSION: {"content_items": [item]}}, **bend)


def progress(canvas: Lms, answer: requests.Response) -> dict[str, Any]:
    address = answer.json()[SUBMISSION]["content_items"][0]["progress"]
    found: dict[str, Any] = canvas.call("GET", address, PROGRESS).json()
    return found


def files(canvas: Lms) -> list[dict[str, Any]]:
    return [file for attempt in canvas.cell("amara")["attempts"] for file in attempt["files"]]


def test_the_file_is_fetched_inside_the_post(canvas: Lms) -> None:
    answer = send_file(canvas)
    assert progress(canvas, answer)["workflow_state"] == "completed"
    (file,) = files(canvas)
    assert (file["size"], file["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert file["media_type"] == "application/pdf"
    assert canvas.cell("amara")["attempts"][0]["kind"] == "online_upload"
    download = requests.get(file["download"], timeout=5)
    assert download.content == PDF
    assert "attachment" in download.headers["Content-Disposition"]


def test_the_fetch_carries_no_credentials_and_may_come_again(canvas: Lms) -> None:
    send_file(canvas)
    send_file(canvas)
    assert len(canvas.tool.fetches) == 2
    assert not {"Authorization", "Cookie"} & canvas.tool.fetches[0].keys()


def test_a_delayed_fetch_is_queued_then_done(canvas: Lms) -> None:
    canvas.control("switches", delayed_files=True, file_delay=0.3)
    answer = send_file(canvas)
    assert progress(canvas, answer)["workflow_state"] == "queued"
    assert files(canvas)[0]["state"] == "queued"
    for _ in range(100):
        if progress(canvas, answer)["workflow_state"] == "completed":
            break
        time.sleep(0.05)
    assert files(canvas)[0]["size"] == len(PDF)


@pytest.mark.parametrize(("hops", "state"), [(3, "completed"), (4, "failed")])
def test_three_redirects_are_followed(canvas: Lms, hops: int, state: str) -> None:
    answer = send_file(canvas, f"/hops/{hops}")
    assert progress(canvas, answer)["workflow_state"] == state


def test_an_address_that_does_not_answer_in_time_is_504_and_nothing_is_kept(canvas: Lms) -> None:
    canvas.control("switches", file_read_timeout=0.1)
    answer = send_file(canvas, "/files/held")
    canvas.tool.gate.set()
    assert answer.status_code == 504
    assert canvas.cell("amara")["score"] is None


def test_an_answer_other_than_200_is_a_failed_progress(canvas: Lms) -> None:
    answer = send_file(canvas, "/files/missing")
    assert answer.ok
    found = progress(canvas, answer)
    assert found["workflow_state"] == "failed"
    assert "404" in found["message"]
    assert canvas.cell("amara")["score"] == 80


@pytest.mark.parametrize("address", ["file:///etc/hostname", "nonsense", ""])
def test_only_web_addresses_are_fetched(canvas: Lms, address: str) -> None:
    item = {"type": "file", "url": address, "title": "x.pdf"}
    answer = canvas.score(**{SUBMISSION: {"content_items": [item]}})
    assert progress(canvas, answer)["workflow_state"] == "failed"


def test_a_file_without_a_submission_stays_unattached(canvas: Lms) -> None:
    assert send_file(canvas, activityProgress="InProgress").ok
    assert files(canvas) == []


def test_progress_needs_its_own_scope(canvas: Lms) -> None:
    address = send_file(canvas).json()[SUBMISSION]["content_items"][0]["progress"]
    assert canvas.call("GET", address, SCORE).status_code == 401


def test_progress_is_gone_once_the_course_is_concluded(canvas: Lms) -> None:
    address = send_file(canvas).json()[SUBMISSION]["content_items"][0]["progress"]
    canvas.control("course", course="internship", concluded=True)
    assert canvas.call("GET", address, PROGRESS).status_code == 404


@pytest.fixture
def held(canvas: Lms) -> Iterator["Future[requests.Response]"]:
    """A post whose file is being fetched right now, until the gate opens."""
    assert canvas.score(timestamp=stamp(-60)).ok
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(send_file, canvas, "/files/held", timestamp=stamp(-1), scoreGiven=60)
        canvas.tool.gate.set()


def wait_for_fetch(canvas: Lms) -> None:
    for _ in range(500):
        if canvas.tool.fetches:
            return
        time.sleep(0.01)
    raise AssertionError("the file is not being fetched")


def test_other_posts_go_on_while_a_file_is_fetched(
    canvas: Lms, held: "Future[requests.Response]"
) -> None:
    wait_for_fetch(canvas)
    assert canvas.score("tomasz", scoreGiven=81).ok
    assert not held.done()
    canvas.tool.gate.set()
    assert held.result().ok
    assert files(canvas)[0]["state"] == "completed"


def test_a_newer_post_meanwhile_makes_this_one_too_early(
    canvas: Lms, held: "Future[requests.Response]"
) -> None:
    wait_for_fetch(canvas)
    assert canvas.score(scoreGiven=90).ok
    canvas.tool.gate.set()
    assert held.result().status_code == 400
    assert canvas.cell("amara")["score"] == 90
