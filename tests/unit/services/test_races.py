"""Two at the same moment, on PostgreSQL: what one does in the middle of what the other does.

SQLite lets one writer in at a time, so there is no middle to come into.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from lti_tool.domain.people import LEARNER, Role
from lti_tool.models.person import Membership
from lti_tool.services.unit import Rounds
from tests.factories import Ward, ward
from tests.stand_in import StandIn

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture
def place(rounds: Rounds) -> Ward:
    return ward(rounds)


@contextmanager
def meanwhile(rounds: Rounds, words: str, act: Callable[[], object]) -> Iterator[None]:
    """In this block, once the first statement that begins with these words is done, someone acts.

    They have a transaction of their own and are done before the block's next statement.
    """
    acted = False

    def come_in(*arguments: Any) -> None:
        nonlocal acted
        if not acted and arguments[2].startswith(words):
            acted = True
            act()

    event.listen(rounds.engine, "after_cursor_execute", come_in)
    try:
        yield
    finally:
        event.remove(rounds.engine, "after_cursor_execute", come_in)
    assert acted, f"no statement began with {words}"


def test_a_launch_does_not_undo_a_role_given_by_hand(
    rounds: Rounds, lms: StandIn, client: FlaskClient
) -> None:
    lms.launch(client)

    def give() -> None:
        with rounds.work() as unit:
            row = unit.session.scalars(select(Membership)).one()
            row.by_hand = row.role = Role.SUPERVISOR

    with meanwhile(rounds, "SELECT platform.id, deployment.id", give):
        lms.launch(client, roles=[LEARNER])
    with rounds.reading() as unit:
        found = unit.session.scalars(select(Membership)).one()
        assert (found.launch_roles, found.role) == ([LEARNER], Role.SUPERVISOR)
