"""An administrator pastes one address into each LMS, and a course opens what registered itself."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from lti_tool.models.platform import Deployment, Platform
from tests.journeys.people import heading, words
from tests.registering_lms import SCOPES, invite
from tests.stack import Stack, running

PRODUCTS = {"canvas": "canvas", "moodle": "moodle", "plain": "other"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of this module's own: a registration takes the place of the one the others use."""
    with running(tmp_path_factory.mktemp("registering")) as stack:
        yield stack


def address(stack: Stack) -> str:
    """What `rounds platform invite` prints."""
    return f"{stack.origin}/lti/register?code={invite(stack.rounds)}"


def newest(stack: Stack) -> Platform:
    with stack.rounds.reading() as unit:
        rows = unit.session.scalars(select(Platform).order_by(Platform.id))
        return rows.all()[-1]


@pytest.mark.parametrize("flavour", PRODUCTS)
def test_a_tool_that_registered_itself_is_switched_on_and_opened(
    flavour: str, fresh: Stack
) -> None:
    walker = fresh.walker()
    page = walker.register(flavour, address(fresh))
    assert heading(page) == "Rounds is registered"
    platform = newest(fresh)
    assert platform.product == PRODUCTS[flavour]
    assert set(SCOPES) <= set(platform.scopes or ())
    if flavour != "plain":
        assert "The LMS did not grant everything" not in words(page)
    fresh.sandbox.control(flavour, "review", active=True, offered=True)
    opened = fresh.walker().launch(flavour, "ingrid", "competencies")
    assert opened.ok, words(opened)
    with fresh.rounds.reading() as unit:
        deployments = unit.session.scalars(
            select(Deployment.deployment_id).filter_by(platform_id=platform.id)
        ).all()
    assert deployments, "the deployment is known from the registration or from the launch"


def test_registering_anew_updates_the_same_platform(fresh: Stack) -> None:
    fresh.walker().register("moodle", address(fresh), how="new")
    before = newest(fresh)
    page = fresh.walker().register("moodle", address(fresh), how="update")
    assert heading(page) == "Rounds is registered"
    after = newest(fresh)
    assert (after.id, after.client_id) == (before.id, before.client_id)


def test_a_used_address_registers_nothing_more(fresh: Stack) -> None:
    once = address(fresh)
    fresh.walker().register("canvas", once)
    before = newest(fresh).id
    page = fresh.walker().register("canvas", once)
    assert page.status_code == 409
    assert "invitation-used" in words(page)
    assert newest(fresh).id == before
