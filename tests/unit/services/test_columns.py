"""What a column is out of: asked of the sandbox LMS, kept when it cannot be asked."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import select

from lti_tool.lms import signing
from lti_tool.lms.columns import READ, LineItems
from lti_tool.lms.http import Http
from lti_tool.lms.tokens import Tokens
from lti_tool.models.activity import Activity, GradeColumn
from lti_tool.services.column_jobs import read_column
from lti_tool.services.unit import Rounds
from tests import factories
from tests.sandbox_server import SandboxServer, start_sandbox

pytestmark = pytest.mark.xdist_group("sandbox-columns")


@pytest.fixture
def sandbox(tool_server: str) -> Iterator[SandboxServer]:
    server = start_sandbox(tool_server)
    yield server
    server.stop()


@pytest.mark.parametrize("flavour", ["canvas", "moodle", "plain"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_columns_own_maximum_is_read(
    rounds: Rounds, sandbox: SandboxServer, flavour: str
) -> None:
    column_id = known_column(rounds, sandbox, flavour, list(READ))
    http = Http(rounds.settings)
    read_column(rounds, LineItems(http, Tokens(rounds, http)), column_id)
    assert maximum(rounds) == 20


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_it_may_not_be_asked_nothing_changes(rounds: Rounds, sandbox: SandboxServer) -> None:
    column_id = known_column(rounds, sandbox, "canvas", [])
    http = Http(rounds.settings)
    read_column(rounds, LineItems(http, Tokens(rounds, http)), column_id)
    assert maximum(rounds) == 100


def known_column(rounds: Rounds, sandbox: SandboxServer, flavour: str, scopes: list[str]) -> int:
    """The column of *Ward week four*, of 20 points, as a launch would have made it known."""
    about = sandbox.registrations()[flavour]
    url = next(
        column["url"]
        for column in sandbox.state(flavour)["columns"]
        if column["activity"] == "week-four"
    )
    with rounds.work() as unit:
        signing.ensure_key(unit.session, rounds.settings, unit.now)
        unit.registrations.add({**about, "product": about["product"] or "other"})
        platform = unit.registrations.all()[0]
        row = factories.course(unit.session, factories.registered(unit.session, platform.id))
        row.scopes = scopes
        placed = factories.activity(unit.session, row)
        column = unit.session.scalars(
            select(GradeColumn).join(Activity).where(Activity.id == placed.id)
        ).one()
        column.lineitem_url = url
        return column.id


def maximum(rounds: Rounds) -> Decimal:
    with rounds.reading() as unit:
        return Decimal(unit.session.scalars(select(GradeColumn.maximum)).one())
