"""`rounds doctor`: what is wrong with this installation, why, and what to do.

Each check is a small function that gives findings; nothing here changes anything but tokens, which
are asked for anew. The database is known to be at this version.
"""

from collections.abc import Iterator

from sqlalchemy import select

from lti_tool.models.platform import Platform
from lti_tool.services.doctor.findings import Finding, Verdict, fault, ok, refused, warning
from lti_tool.services.doctor.installation import LOCAL, OUTSIDE
from lti_tool.services.doctor.platforms import PlatformCheck
from lti_tool.services.unit import Rounds

__all__ = ["Finding", "Verdict", "examine", "fault", "refused"]


def examine(rounds: Rounds, *, online: bool) -> Iterator[Finding]:
    """Every check in turn; with `online` also those that call ourselves and every platform."""
    kind = "PostgreSQL" if rounds.engine.dialect.name == "postgresql" else "SQLite"
    yield ok("database", f"{kind}, at this version")
    for check in (*LOCAL, *(OUTSIDE if online else ())):
        yield from check(rounds)
    with rounds.reading() as unit:
        platforms = unit.session.scalars(select(Platform).order_by(Platform.id)).all()
    if not platforms:
        yield warning("platforms", "none is registered", "docs/run.md tells how")
    for platform in platforms if online else ():
        yield from PlatformCheck(rounds, platform).run()
