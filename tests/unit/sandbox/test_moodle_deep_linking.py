"""Deep linking as Moodle does it; each test is one departure."""

import time
from typing import Any

import pytest
import requests

from tests.lms_walker import LmsWalker, Page
from tests.unit.sandbox.choosing import DL, activities, choose, columns, item
from tests.unit.sandbox.conftest import CLAIM, LINE_ITEM, LINE_ITEM_TYPE, Lms, stamp
from tests.unit.sandbox.registering import register


def test_the_request_is_as_it_was_seen(moodle: Lms) -> None:
    asked = choose(moodle, title="My title", text="My text")
    assert asked.settings == {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_unsigned": False,
        "auto_create": False,
        "can_confirm": False,
        "deep_link_return_url": asked.settings["deep_link_return_url"],
        "title": "My title",
        "text": "My text",
    }
    assert (
        "contentitem_return.php?course=12&id=1&sesskey=" in (asked.settings["deep_link_return_url"])
    )
    assert asked.claims[CLAIM + "launch_presentation"] == {"locale": "en"}


def test_the_hint_names_no_module(moodle: Lms) -> None:
    walker = LmsWalker(moodle.home)
    menu = next(
        form
        for form in Page(walker.browser.get(walker.course_page("moodle", "ingrid"))).forms
        if "place" in form.fields
    )
    frame = walker.browser.get(Page(walker.submit(menu)).frames[0])
    hint = Page(frame).forms[0].fields["lti_message_hint"]
    assert hint.startswith('{"launchid":"ltilaunch_ContentItemSelectionRequest')


@pytest.mark.parametrize(
    "bend",
    [
        {"aud": "https://another.example"},
        {"nonce": None},
        {"exp": None},
        {"iat": None},
        {CLAIM + "deployment_id": "another"},
        {CLAIM + "message_type": None},
        {DL + "data": "made-up"},
    ],
)
def test_little_of_the_answer_is_looked_at(moodle: Lms, bend: dict[str, Any]) -> None:
    assert choose(moodle).send(item(), **bend).ok


@pytest.mark.parametrize("bend", [{"iss": "another"}, {"exp": int(time.time()) - 5}])
def test_the_client_and_the_times_are_looked_at(moodle: Lms, bend: dict[str, Any]) -> None:
    refused = choose(moodle).send(item(), **bend)
    assert refused.status_code == 404
    assert refused.headers["Content-Type"].startswith("text/html")


def test_a_wrong_sesskey_is_refused(moodle: Lms) -> None:
    asked = choose(moodle)
    asked.settings["deep_link_return_url"] += "0"
    assert asked.send(item()).status_code == 404


def test_one_item_fills_the_form_and_waits_for_save(moodle: Lms) -> None:
    asked = choose(moodle)
    page = asked.finish(item())
    assert 'value="Patient communication"' in page.text
    assert activities(moodle) == []
    asked.walker.save_choice(page)
    assert activities(moodle)[0]["published"]


def test_the_same_answer_may_come_again(moodle: Lms) -> None:
    asked = choose(moodle)
    assert asked.send(item()).ok
    assert asked.send(item()).ok


def test_the_column_takes_the_links_title_not_the_label(moodle: Lms) -> None:
    asked = choose(moodle)
    asked.walker.save_choice(asked.finish(item()))
    assert columns(moodle)[0]["label"] == "Patient communication"


def test_more_than_100_points_are_refused_in_the_form(moodle: Lms) -> None:
    asked = choose(moodle)
    page = asked.finish(item(lineItem={"scoreMaximum": 120}))
    page = asked.walker.save_choice(page)
    assert "between 1 and 100" in page.text
    assert activities(moodle) == []
    asked.walker.save_choice(page, points="100")
    assert activities(moodle)[0]["points"] == 100


def test_of_several_what_fails_is_lost_without_a_word(moodle: Lms) -> None:
    asked = choose(moodle)
    page = asked.finish(item("One"), item("Two", lineItem={"scoreMaximum": 120}), item("Three"))
    for name in ("One", "Two", "Three"):
        assert f"<li>{name} " in page.text
    assert activities(moodle) == []
    page = asked.walker.save_choice(page)
    assert [found["title"] for found in activities(moodle)] == ["One", "Three"]
    assert ">Two</a>" not in page.text
    assert 'class="note bad"' not in page.text


def test_whatever_comes_becomes_an_activity(moodle: Lms) -> None:
    asked = choose(moodle)
    link = {"type": "link", "title": "Elsewhere", "url": "https://other.example/"}
    asked.walker.save_choice(asked.finish(link))
    assert activities(moodle)[0]["url"] == "https://other.example/"


def test_dates_are_dropped_and_review_is_kept(moodle: Lms) -> None:
    asked = choose(moodle)
    column = {"scoreMaximum": 10, "submissionReview": {"custom": {"a": "b"}}}
    due = {"endDateTime": stamp(60)}
    asked.walker.save_choice(asked.finish(item(lineItem=column, submission=due)))
    assert activities(moodle)[0]["due"] is None
    shown = moodle.call("GET", columns(moodle)[0]["url"], LINE_ITEM, LINE_ITEM_TYPE).json()
    assert shown["submissionReview"] == {"custom": {"a": "b"}}


def test_a_column_without_a_maximum_has_100(moodle: Lms) -> None:
    asked = choose(moodle)
    asked.walker.save_choice(asked.finish(item(lineItem={"label": "x"})))
    assert columns(moodle)[0]["maximum"] == 100


def test_only_an_editing_teacher_may_choose(moodle: Lms) -> None:
    page = LmsWalker(moodle.home).choose("moodle", "helen")
    assert isinstance(page, requests.Response)


def test_a_new_tool_is_in_the_chooser_once_a_teacher_shows_it(moodle: Lms) -> None:
    register(moodle)
    moodle.control("review", active=True)
    walker = LmsWalker(moodle.home)
    page = walker.choose("moodle", "ingrid")
    assert isinstance(page, requests.Response)
    show = next(form for form in Page(page).forms if "coursetools.php" in form.action)
    assert "Add an activity" in walker.submit(show).text
    assert choose(moodle).claims
