"""Whether the process lives, and whether it can do its work: for supervisors and load balancers."""

from flask import Blueprint, Response, make_response

from lti_tool import migrations
from lti_tool.domain.errors import RoundsError
from lti_tool.jobs import check_engine
from lti_tool.web.session import rounds

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers. Nothing else is asked, so that a slow database restarts nobody."""
    return _answer("alive", 200)


@health.get("/readyz")
def ready() -> Response:
    """The database answers, the tables and the engine's are at this version, the keys open.

    The answer is one word: `ready`, or the code of what is missing.
    """
    try:
        rounds().check_database()
        migrations.check(rounds().engine)
        check_engine(rounds().engine)
        with rounds().reading() as unit:
            unit.keys.check()
    except RoundsError as fault:
        return _answer(fault.code, 503)
    return _answer("ready", 200)


def _answer(word: str, status: int) -> Response:
    response = make_response(word + "\n", status)
    response.mimetype = "text/plain"
    return response
