"""Notices: ask LMSs to tell of copied courses, and keep what they tell."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from lti_tool.db import insert_all_missing
from lti_tool.domain.errors import DeploymentUnknown
from lti_tool.lms.notices import CopyNotice
from lti_tool.lms.oidc import parties_of
from lti_tool.lms.platforms import find_platform
from lti_tool.models.course import CourseCopy
from lti_tool.models.platform import Deployment, Platform

log = structlog.get_logger("rounds.notices")


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to ask for notices, and where."""

    platform: Platform
    url: str


class Notices:
    """Keeps track of whom we asked, and of the copies we were told of."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    def service(self, deployment_id: int) -> Service | None:
        """Whom to ask; None where there is nobody, or where it was done."""
        row = self._session.get_one(
            Deployment, deployment_id, options=[joinedload(Deployment.platform)]
        )
        if row.notices_url is None or row.notices_at is not None:
            return None
        return Service(row.platform, row.notices_url)

    def subscribed(self, deployment_id: int) -> None:
        """Note that the LMS will tell."""
        self._session.get_one(Deployment, deployment_id).notices_at = self._now

    def sender(self, token: str) -> Platform:
        """Whose keys a notice must be signed by. Raises TokenUnreadable, PlatformUnknown."""
        return find_platform(self._session, *parties_of(token))

    def copied(self, platform: Platform, notice: CopyNotice) -> None:
        """Keep that a course was copied. The same notice again changes nothing.

        Raises DeploymentUnknown for a deployment that never launched us: another tool's course.
        """
        deployment = self._session.scalar(
            select(Deployment.id).where(
                Deployment.platform_id == platform.id,
                Deployment.deployment_id == notice.deployment_id,
            )
        )
        if deployment is None:
            raise DeploymentUnknown("no deployment of this id has launched us")
        key = {"deployment_id": deployment, "context_id": notice.context_id}
        rows = [
            {**key, "origin_id": origin, "told_at": self._now} for origin in set(notice.origins)
        ]
        if rows:
            unique = ["deployment_id", "context_id", "origin_id"]
            insert_all_missing(self._session, CourseCopy, rows, unique)
        log.info("course-copied", deployment=deployment, origins=len(rows))
