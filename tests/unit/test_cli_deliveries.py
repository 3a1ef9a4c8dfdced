"""`rounds gradebook`: what operators see of messages, naming nobody, and what they send again."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import Result

from lti_tool.app import make_rounds
from lti_tool.models.grade_service import GradeService
from lti_tool.models.passback import Passback
from lti_tool.settings import load_settings
from tests import factories
from tests.factories import Ward
from tests.unit.conftest import Run


@pytest.fixture
def ward(run: Run) -> Iterator[Ward]:
    """Message 1, Amara's grade, was refused; message 2, Jonas's, waits."""
    ward = factories.ward(make_rounds(load_settings()))
    ward.score(ward.helen, ward.amara, "teamwork", 3)
    ward.score(ward.helen, ward.jonas, "teamwork", 3)
    change(ward, 1, state="refused", last_code="locked", last_status=422, attempts=1)
    yield ward
    ward.rounds.engine.dispose()


def change(ward: Ward, id: int, **facts: object) -> None:
    with ward.rounds.work() as unit:
        row = unit.session.get_one(Passback, id)
        for name, value in facts.items():
            setattr(row, name, value)


def told(result: Result) -> str:
    """The one line on standard error of a command that was refused."""
    assert (result.stdout, result.exit_code) == ("", 1)
    [line] = result.stderr.splitlines()
    return line


def test_messages_are_listed_without_a_name_or_a_grade(run: Run, ward: Ward) -> None:
    listed = run("gradebook", "list")
    waiting, refused = listed.stdout.splitlines()
    assert refused.startswith("1: score, refused (locked, 422); platform 1; Internship block 2 / ")
    assert f"intern {ward.amara.person}; owed " in refused
    assert refused.endswith("; tried once")
    assert waiting.startswith("2: score, waiting; platform 1; ")
    as_json = run("gradebook", "list", "--json")
    second, first = json.loads(as_json.stdout)
    assert (first["id"], first["state"], first["code"], first["status"]) == (
        *(1, "refused", "locked", 422),
    )
    assert first["due_at"] is None
    assert second["due_at"] is not None
    for said in (listed.stdout, as_json.stdout):
        for word in ("Amara", "Okafor", "Jonas", "80"):
            assert not re.search(rf"\b{word}\b", said), word


def test_lists_are_narrowed_by_platform_state_and_number(run: Run, ward: Ward) -> None:
    def ids(*words: str) -> list[int]:
        return [one["id"] for one in json.loads(run("gradebook", "list", *words, "--json").stdout)]

    change(ward, 2, state="sent")
    assert ids() == [1], "what is sent is asked for"
    assert ids("--state", "sent") == [2]
    assert ids("--state", "waiting") == []
    assert ids("--platform", "2") == []
    change(ward, 2, state="waiting")
    assert ids("--platform", "1", "--limit", "1") == [2]
    assert run("gradebook", "list", "--platform", "2").stdout == "There is no such message.\n"
    wrong = run("gradebook", "list", "--state", "lost")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)


def test_named_messages_are_sent_again(run: Run, ward: Ward) -> None:
    assert run("gradebook", "retry", "1").stdout == "One message is on the way again.\n"
    assert "[passback-settled]" in told(run("gradebook", "retry", "1"))
    assert "[not-in-this-course]" in told(run("gradebook", "retry", "77"))
    for words in ((), ("1", "--all"), ("1", "--platform", "1"), ("one",), ("0",), ("9" * 12,)):
        assert run("gradebook", "retry", *words).exit_code == 2, words


def test_all_refused_ones_are_sent_again(run: Run, ward: Ward) -> None:
    again = run("gradebook", "retry", "--all", "--platform", "2", "--json")
    assert json.loads(again.stdout) == {"sent_again": 0}
    assert run("gradebook", "retry", "--all").stdout == "One message is on the way again.\n"
    assert run("gradebook", "retry", "--all").stdout == "0 messages are on the way again.\n"


def test_how_an_lms_takes_grades_is_told_and_it_is_tried_again(run: Run, ward: Ward) -> None:
    status = run("gradebook", "status").stdout
    assert status.startswith("1: Northgate School of Medicine: took none yet; messages: ")
    assert "1 waiting, 1 refused" in status
    with ward.rounds.work() as unit:
        until = unit.now + timedelta(hours=1)
        row = GradeService(platform_id=1, ok_at=unit.now, code="keys-blocked", status=500)
        row.failures, row.failed_at, row.paused_until = 3, unit.now, until
        unit.session.add(row)
    assert "; 3 failures since (keys-blocked, 500); left alone until " in (
        run("gradebook", "status").stdout
    )
    doctor = run("doctor", "--offline").stdout
    assert "warning: gradebooks: Northgate School of Medicine (platform 1) is left alone" in doctor
    assert "rounds gradebook resume 1 [keys-blocked]" in doctor
    assert run("gradebook", "resume", "1").stdout == "It is tried again now.\n"
    assert json.loads(run("gradebook", "resume", "1", "--json").stdout) == {"resumed": False}
    [one] = json.loads(run("gradebook", "status", "--json").stdout)
    assert (one["code"], one["failures"], one["paused_until"]) == ("keys-blocked", 3, None)
    assert one["messages"] == {
        "waiting": 1,
        "sending": 0,
        "sent": 0,
        "refused": 1,
        "uncertain": 0,
    }


def test_an_installation_without_an_lms_says_so(run: Run) -> None:
    assert run("gradebook", "status").stdout == "No platform is registered.\n"
