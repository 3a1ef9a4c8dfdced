"""Find the registration that a login belongs to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.domain.errors import PlatformUnknown
from lti_tool.models.platform import Platform


def find_platform(session: Session, issuer: str, client_id: str | None) -> Platform:
    """The platform of an issuer and client id, both compared exactly.

    A login may leave the client id out (Security Framework 1.0 §5.1.1.1); then the issuer must have
    one registration only. Raises PlatformUnknown.
    """
    wanted = select(Platform).where(Platform.issuer == issuer)
    if client_id is not None:
        wanted = wanted.where(Platform.client_id == client_id)
    found = session.scalars(wanted.limit(2)).all()
    if not found:
        raise PlatformUnknown("no registration of this issuer and client id")
    if len(found) > 1:
        raise PlatformUnknown("several registrations of this issuer, and no client id to choose by")
    return found[0]
