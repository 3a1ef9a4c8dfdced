"""One student's work, opened from the gradebook: a review, and SpeedGrader's live view."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.journeys.people import add, heading, launch, words
from tests.lms_walker import Browser, LmsWalker
from tests.stack import Stack, until


def walker(stack: Stack) -> LmsWalker:
    return stack.walker(Browser())


def score(
    stack: Stack, flavour: str, activity: str, competency: str = "teamwork", by: str = "helen"
) -> None:
    """Someone finds Amara dependable throughout."""
    person = launch(stack, flavour, by, activity)
    person.score(person.intern("Amara Okafor"), competency, "3")


@pytest.mark.parametrize("flavour", ["moodle", "plain"])
def test_a_review_opens_exactly_that_interns_page(stack: Stack, flavour: str) -> None:
    activity = add(stack, flavour, f"Reviewed in {flavour}")
    score(stack, flavour, activity)
    until(lambda: stack.sandbox.grade(flavour, activity, "amara"))

    page = walker(stack).review(flavour, "ingrid", "amara", activity)
    assert heading(page) == "Amara Okafor"
    assert "Teamwork" in words(page)
    page = walker(stack).review(flavour, "helen", "amara", activity)
    assert heading(page) == "Amara Okafor"
    assert page.url.endswith("/score")
    page = walker(stack).review(flavour, "amara", "amara", activity)
    assert heading(page) == "Where you stand"
    assert "80 of 100" in words(page)


def test_any_student_of_moodle_can_ask_and_none_is_shown_anothers(stack: Stack) -> None:
    activity = add(stack, "moodle", "Asked for by others")
    score(stack, "moodle", activity)
    page = walker(stack).review("moodle", "tomasz", "amara", activity)
    assert page.status_code == 403
    assert "review-foreign" in words(page)
    assert "Amara" not in words(page)


def attempts(stack: Stack, activity: str) -> list[dict[str, Any]]:
    cell = stack.sandbox.grade("canvas", activity, "amara")
    return list(cell["attempts"]) if cell else []


def live(stack: Stack, title: str) -> str:
    """An activity whose assessments SpeedGrader shows, and one attempt allowed; its key."""
    activity = add(stack, "canvas", title)
    launch(stack, "canvas", "ingrid", activity).choose(work="live")
    stack.sandbox.control("canvas", "activity", activity=activity, attempts_allowed=1)
    return activity


def test_speedgrader_shows_the_assessments_as_they_are(stack: Stack) -> None:
    activity = live(stack, "Shown live")
    score(stack, "canvas", activity)
    [attempt] = until(lambda: attempts(stack, activity))
    assert attempt["kind"] == "basic_lti_launch"
    assert attempt["files"] == []

    page = walker(stack).speedgrader("canvas", "ingrid", "amara", activity)
    assert heading(page) == "Amara Okafor"
    page = walker(stack).speedgrader("canvas", "helen", "amara", activity)
    assert page.url.endswith("/score")
    assert heading(page) == "Amara Okafor"
    page = walker(stack).submission("canvas", "amara", "amara", activity)
    assert heading(page) == "Where you stand"

    stack.sandbox.control("canvas", "switches", link_lost=True)
    page = walker(stack).speedgrader("canvas", "ingrid", "amara", activity)
    stack.sandbox.control("canvas", "switches", link_lost=False)
    assert (heading(page), "Shown live" in words(page)) == ("Amara Okafor", True)


def test_a_live_view_is_one_attempt_and_its_certificate_a_comment(stack: Stack) -> None:
    activity = live(stack, "One attempt")
    for competency in ("teamwork", "documentation", "patient-communication"):
        score(stack, "canvas", activity, competency)
    score(stack, "canvas", activity, "patient-communication", by="ruth")
    until(lambda: verified(stack, activity))
    [attempt] = attempts(stack, activity)
    assert attempt["files"] == []


def verified(stack: Stack, activity: str) -> list[str]:
    """The comments with the certificate's address."""
    cell = stack.sandbox.grade("canvas", activity, "amara") or {"comments": ()}
    return [one for one in map(str, cell["comments"]) if "/verify/" in one]


def test_a_student_who_opens_anothers_address_is_refused(stack: Stack) -> None:
    activity = live(stack, "Opened by others")
    score(stack, "canvas", activity)
    [attempt] = until(lambda: attempts(stack, activity))
    steps = walker(stack)
    page = steps.work_page("canvas", "speedgrader", "ingrid", "amara", activity)
    course = page.split("/gradebook/")[0]
    query = urlencode({"as": "tomasz", "url": attempt["data"], "display": "borderless"})
    answer = steps.arrive(f"{course}/external_tools/retrieve?{query}")
    assert answer.status_code == 403
    assert "review-foreign" in words(answer)
