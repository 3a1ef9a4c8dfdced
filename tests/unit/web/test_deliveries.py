"""The messages one by one: how far each is, when it goes next, and the buttons beside it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from lti_tool.domain.people import Role
from lti_tool.lms.grades import RESULTS, SCOPE
from lti_tool.models.activity import GradeColumn
from lti_tool.models.certificate import Certificate
from lti_tool.models.course import Course
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from tests import factories
from tests.factories import Ward
from tests.unit.web.conftest import SignIn, meet_standard, print_certificate, token_of
from tests.visitor import Visitor, text_of


@pytest.fixture
def lead(ward: Ward, sign_in: SignIn) -> Visitor:
    let(ward, SCOPE, RESULTS)
    return sign_in(ward.lead)


def let(ward: Ward, *scopes: str) -> None:
    """What the course's launches grant."""
    with ward.rounds.work() as unit:
        unit.session.get_one(Course, ward.lead.course).scopes = list(scopes)


def owe(ward: Ward, **facts: Any) -> int:
    """A grade of Amara's is owed, and has these facts; its number."""
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    return change(ward, **facts)


def change(ward: Ward, **facts: Any) -> int:
    """The newest message has these facts; its number."""
    with ward.rounds.work() as unit:
        newest = select(Passback.id).order_by(Passback.id.desc()).limit(1)
        id = unit.session.scalars(newest).one()
        if "due_in" in facts:
            facts["due_at"] = unit.now + facts.pop("due_in")
        if facts:
            unit.session.execute(update(Passback).where(Passback.id == id).values(**facts))
    return id


def pause(ward: Ward, code: str, **facts: Any) -> None:
    """The LMS answered so, and is left alone for an hour."""
    with ward.rounds.work() as unit:
        platform = unit.session.get_one(Course, ward.lead.course).deployment.platform_id
        until = {"failed_at": unit.now, "paused_until": unit.now + timedelta(hours=1)}
        row = GradeService(platform_id=platform, code=code, failures=4, **until | facts)
        unit.session.add(row)


def press(lead: Visitor, word: str, path: str = "gradebook/messages") -> str:
    """Press the button of that name on a page; where that leads."""
    page = lead.get(path)
    forms = re.findall(r"<form.*?</form>", page.text, re.S)
    [form] = [one for one in forms if f">{word}</button>" in one]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    address = re.findall(r'action="([^"]*)"', form)[0]
    answer = lead.client.post(address, data=fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).partition(f"{lead.launch}/")[2]


# How far each one is ------------------------------------------------------------------------------


def test_a_message_is_told_with_all_that_is_known_of_it(lead: Visitor, ward: Ward) -> None:
    id = owe(
        ward,
        state="waiting",
        attempts=2,
        last_code="platform-down",
        last_status=503,
        due_in=timedelta(minutes=4),
    )
    page = text_of(lead.get("gradebook/messages"))
    assert "Amara Okafor : 80 of 100 Tried twice, no answer" in page
    assert "It is tried again in about 4 minutes. The gradebook does not answer." in page
    assert f"Message {id}, owed " in page
    assert "tried 2 times Code platform-down, answer 503" in page


@pytest.mark.parametrize(
    ("stage", "facts"),
    [
        ("waiting", {"state": "waiting"}),
        ("sending", {"state": "sending"}),
        ("sending", {"state": "fetching", "sent_at": factories.BEGAN}),
        ("sent", {"state": "sent", "sent_at": factories.BEGAN}),
        ("refused", {"state": "refused", "last_code": "locked"}),
        ("uncertain", {"state": "uncertain", "last_code": "interrupted"}),
    ],
)
def test_messages_are_counted_and_listed_by_how_far_they_are(
    lead: Visitor, ward: Ward, stage: str, facts: dict[str, Any]
) -> None:
    owe(ward, **facts)
    overview = lead.get("gradebook").text
    [count] = re.findall(rf'state={stage}">.*?<span class="num">(\d+)<', overview)
    assert count == "1"
    for other in ("waiting", "sending", "sent", "refused", "uncertain"):
        page = lead.get(f"gradebook/messages?state={other}")
        assert ("Amara" in page.text) is (other == stage), other
        [current] = re.findall(r'state=(\w+)" aria-current="page"', page.text)
        assert current == other


def test_where_nothing_is_it_says_so(lead: Visitor) -> None:
    assert "Nothing was owed to the gradebook yet" in text_of(lead.get("gradebook/messages"))
    for stage, words in {
        "waiting": "Nothing waits",
        "sending": "Nothing is being sent",
        "sent": "Nothing was sent yet",
        "refused": "Nothing was refused",
        "uncertain": "Nothing is in doubt",
    }.items():
        assert words in text_of(lead.get(f"gradebook/messages?state={stage}"))
    assert lead.get("gradebook/messages?state=nonsense").status_code == 200


def test_what_was_replaced_since_is_no_longer_refused(lead: Visitor, ward: Ward) -> None:
    owe(ward, state="refused", last_code="locked")
    ward.score(ward.ruth, ward.amara, "teamwork", 4)
    assert "Nothing was refused" in text_of(lead.get("gradebook/messages?state=refused"))


def test_hundreds_come_a_page_at_a_time_and_are_found_by_name(lead: Visitor, ward: Ward) -> None:
    with ward.rounds.work() as unit:
        course = unit.session.get_one(Course, ward.lead.course)
        column = unit.session.scalars(select(GradeColumn)).one()
        for number in range(120):
            name = f"Intern {number:03}" if number else "Ærø Ångström"
            intern = factories.member(unit.session, course, name, Role.INTERN)
            unit.session.add(
                Passback(
                    platform_id=course.deployment.platform_id,
                    column_id=column.id,
                    intern_id=intern.person,
                    kind="score",
                    message={"score": "80", "maximum": "100", "comment": None},
                    stamp=unit.now + timedelta(milliseconds=number),
                    state="sent",
                    due_at=unit.now,
                    created_at=unit.now,
                    sent_at=unit.now,
                )
            )
    first = lead.get("gradebook/messages?state=sent")
    assert "Page 1 of 3" in text_of(first)
    assert first.text.count('class="row"') == 50
    assert "Intern 119" in first.text
    [following] = re.findall(r'rel="next" href="\?([^"]*)"', first.text)
    second = lead.get(f"gradebook/messages?{unescape(following)}")
    assert "Page 2 of 3" in text_of(second)
    assert 'state=sent" aria-current="page"' in second.text
    found = text_of(lead.get("gradebook/messages?state=sent&q=ærø"))
    assert "1 message found" in found
    assert "Ærø Ångström" in found
    assert "0 messages found" in text_of(lead.get("gradebook/messages?state=waiting&q=ærø"))


def test_the_first_that_need_somebody_stand_on_the_gradebooks_page(
    lead: Visitor, ward: Ward
) -> None:
    for number in range(7):
        with ward.rounds.work() as unit:
            course = unit.session.get_one(Course, ward.lead.course)
            intern = factories.member(unit.session, course, f"Intern {number}", Role.INTERN)
        ward.score(ward.helen, intern, "teamwork", 3)
        change(ward, state="refused", last_code="locked")
    page = lead.get("gradebook").text
    assert page.count(">Send again</button>") == 5
    [rest] = re.findall(r'<a href="[^"]*(gradebook/messages[^"]*)">2 more</a>', page)
    assert lead.get(rest).text.count('id="message-') == 7


# When it goes next --------------------------------------------------------------------------------


def test_it_is_said_what_a_waiting_message_waits_for(lead: Visitor, ward: Ward) -> None:
    def next_try() -> str:
        return text_of(lead.get("gradebook/messages"))

    owe(ward, state="waiting")
    assert "It goes in a moment." in next_try()
    change(ward, last_code="column-unknown", due_in=timedelta(days=1))
    assert "It goes once somebody opens the activity from the course." in next_try()
    change(ward, last_code=None)
    let(ward, RESULTS)
    assert "It goes once the course lets Rounds send grades." in next_try()
    let(ward, SCOPE)
    pause(ward, "platform-down")
    assert "It goes by itself once the gradebook takes grades again." in next_try()
    assert "Try now</button>" not in lead.get("gradebook/messages").text
    change(ward, state="sending")
    assert "It is being sent now." in next_try()


def test_a_certificate_waits_for_its_file_and_for_the_message_before_it(
    lead: Visitor, ward: Ward
) -> None:
    meet_standard(ward, ward.amara)
    change(ward, kind="certificate", certificate_id=certificate_of(ward), due_in=timedelta(0))
    page = text_of(lead.get("gradebook/messages?state=waiting"))
    assert "Certificate of Amara Okafor Waiting It goes once its file is made." in page
    print_certificate(ward, ward.amara)
    with ward.rounds.work() as unit:
        older = select(Passback.id).order_by(Passback.stamp).limit(1).scalar_subquery()
        unit.session.execute(update(Passback).where(Passback.id == older).values(state="sending"))
    page = text_of(lead.get("gradebook/messages?state=waiting"))
    assert "It goes after the message before it." in page


def certificate_of(ward: Ward) -> int:
    with ward.rounds.reading() as unit:
        return unit.session.scalars(select(Certificate.id)).one()


# Buttons ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "facts", "becomes"),
    [
        ("Send again", {"state": "refused", "last_code": "locked"}, "waiting"),
        ("Send ours", {"state": "refused", "last_code": "changed-in-gradebook"}, "waiting"),
        ("Send again", {"state": "uncertain", "last_code": "interrupted"}, "waiting"),
        ("It is there", {"state": "uncertain", "last_code": "interrupted"}, "sent"),
        ("Try now", {"state": "waiting", "due_in": timedelta(hours=4)}, "waiting"),
        ("Look now", {"state": "fetching", "due_in": timedelta(hours=4)}, "fetching"),
        ("Stop looking", {"state": "fetching", "due_in": timedelta(0)}, "uncertain"),
    ],
)
def test_each_button_does_what_it_says_and_leads_back(
    lead: Visitor, ward: Ward, word: str, facts: dict[str, Any], becomes: str
) -> None:
    if facts["state"] == "fetching":
        facts = facts | {"sent_at": factories.BEGAN}
    id = owe(ward, **facts)
    stage = {"fetching": "sending"}.get(facts["state"], facts["state"])
    where = f"gradebook/messages?state={stage}&q=amara"
    back = press(lead, word, where)
    assert back == f"{where}&page=1"
    with ward.rounds.reading() as unit:
        row = unit.session.get_one(Passback, id)
        assert row.state == becomes
        assert row.due_at <= unit.now


@pytest.mark.parametrize("path", ["gradebook", "", "interns/{person}/"])
def test_a_button_leads_back_to_the_page_it_stands_on(lead: Visitor, ward: Ward, path: str) -> None:
    owe(ward, state="refused", last_code="locked")
    path = path.format(person=ward.amara.person)
    assert press(lead, "Send again", path) == path


def test_all_that_were_refused_are_sent_again_by_one_button(lead: Visitor, ward: Ward) -> None:
    owe(ward, state="refused", last_code="locked")
    assert "sent again together" not in text_of(lead.get("gradebook/messages?state=refused"))
    ward.score(ward.helen, ward.jonas, "teamwork", 3)
    change(ward, state="refused", last_code="not-a-student")
    listed = "gradebook/messages?state=refused"
    assert "stays here" not in lead.get(listed).text
    assert press(lead, "Send all 2 again", listed) == "gradebook/messages"
    assert "Nothing was refused" in text_of(lead.get(listed))
    assert lead.get("gradebook/messages?state=waiting").text.count('id="message-') == 2


def test_it_is_said_that_some_do_not_go_along(lead: Visitor, ward: Ward) -> None:
    for intern, code in (
        (ward.amara, "locked"),
        (ward.jonas, "not-a-student"),
        (ward.ruth, "changed-in-gradebook"),
    ):
        if intern is ward.ruth:
            with ward.rounds.work() as unit:
                course = unit.session.get_one(Course, ward.lead.course)
                intern = factories.member(unit.session, course, "Noor Haddad", Role.INTERN)
        ward.score(ward.helen, intern, "teamwork", 3)
        change(ward, state="refused", last_code=code)
    page = text_of(lead.get("gradebook/messages?state=refused"))
    assert "What was changed in the gradebook, and a certificate that may" in page
    assert "Send 2 of them again" in page


@pytest.mark.parametrize("act", ["retry", "hurry", "stop", "confirm"])
def test_what_is_settled_meanwhile_is_said_in_words(lead: Visitor, ward: Ward, act: str) -> None:
    id = owe(ward, state="sent", sent_at=factories.BEGAN)
    answer = lead.post(f"passbacks/{id}/{act}", {"csrf": token_of(lead)})
    assert answer.status_code == 409
    assert "passback-settled" in answer.text


# An LMS that is left alone ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words", "to_do"),
    [
        ("platform-down", "cannot take grades just now", "nothing for now"),
        ("platform-unreachable", "The LMS does not answer", "tell your LMS administrator"),
        ("platform-answer-wrong", "a sign-in page, or a proxy", "send the code"),
        ("keys-blocked", "cannot read the keys", "let the LMS reach the address of Rounds"),
        ("token-refused", "switched off or registered anew", "look at the registration"),
        ("scope-missing", "does not let Rounds send grades", "to allow scores for Rounds"),
        ("address-refused", "an address that Rounds does not call", "whoever runs Rounds"),
    ],
)
def test_a_pause_is_told_with_its_reason_and_what_an_administrator_does(
    lead: Visitor, ward: Ward, code: str, words: str, to_do: str
) -> None:
    owe(ward, state="waiting")
    pause(ward, code, status=503)
    page = text_of(lead.get("gradebook"))
    assert words in page
    assert "One grade of this activity waits, and goes by itself once it works again." in page
    assert to_do in page
    assert f"next in about 1 hour. Code {code}, answer 503" in page
    assert words in text_of(lead.get("gradebook/messages"))
    assert words in text_of(lead.get("")), "above the interns"
    assert press(lead, "Try now", "gradebook") == "gradebook"
    assert words not in text_of(lead.get("gradebook"))


def test_an_lms_that_asked_for_a_rest_is_not_to_be_hurried(lead: Visitor, ward: Ward) -> None:
    pause(ward, "throttled", status=429)
    page = lead.get("gradebook")
    assert "busy and asks Rounds to wait" in text_of(page)
    assert "Try now</button>" not in page.text
    lead.send(page, "gradebook/resume")
    assert "busy and asks Rounds to wait" in text_of(lead.get("gradebook"))


def test_the_last_success_is_told(lead: Visitor, ward: Ward) -> None:
    assert "The gradebook has not taken a grade yet." in text_of(lead.get("gradebook"))
    with ward.rounds.work() as unit:
        platform = unit.session.get_one(Course, ward.lead.course).deployment.platform_id
        at = unit.now - timedelta(minutes=3)
        unit.session.add(GradeService(platform_id=platform, ok_at=at, failures=0))
    assert "The gradebook last took a grade 3 minutes ago." in text_of(lead.get("gradebook"))
