"""A launch walks through every flavour, and a score sent back is in the gradebook."""

import pytest
import requests

from lti_tool.sandbox.app import Sandbox
from tests.unit.sandbox.conftest import CLAIM, Lms, StandIn

FLAVOURS = ["canvas", "moodle", "plain"]


@pytest.fixture(params=FLAVOURS)
def lms(request: pytest.FixtureRequest, sandbox: Sandbox, stand_in: StandIn) -> Lms:
    return Lms(sandbox, request.param, stand_in)


def test_a_launch_reaches_the_tool(lms: Lms) -> None:
    claims = lms.claims("amara")
    assert claims["nonce"] == "n-1"
    assert claims["iss"] == lms.platform.origins.issuer
    assert claims[CLAIM + "resource_link"]["title"] == "Clinical competencies"
    assert lms.last_post("amara").fields["state"] == "s-1"


def test_a_score_is_in_the_gradebook(lms: Lms) -> None:
    assert lms.score(scoreGiven=80.2, comment="Well done").ok
    cell = lms.cell("amara")
    assert cell["score"] == 80.2
    assert [comment["text"] for comment in cell["comments"]] == ["Well done"]
    page = requests.get(
        lms.house.platform.address("grades", course=_ref(lms)), timeout=5, params={"as": "ingrid"}
    )
    assert "80.2" in page.text


def _ref(lms: Lms) -> str:
    return lms.house.claims.course_ref(lms.platform.world.courses["internship"])
