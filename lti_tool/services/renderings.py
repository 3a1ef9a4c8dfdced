"""Renderings: which certificates have their file still to be made, and what becomes of each try.

What fails is tried again after a while, doubled each time. What keeps failing is set aside, so that
it takes no more of anybody's time, until it is made with something else or a course lead asks for
it again. Trouble of the machine sets nothing aside: it is no certificate's fault.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from lti_tool.domain.certificate import State
from lti_tool.domain.errors import (
    CertificatesOff,
    DesignFaulty,
    DesignLacks,
    FactsFaulty,
    RendererAway,
    RenderFailed,
    SealExpired,
    SealRevoked,
    SecretKeyWrong,
    SigningFailed,
    SigningOff,
    TimestampAway,
    TimestampRevoked,
)
from lti_tool.domain.passback import back_off
from lti_tool.models.certificate import Certificate
from lti_tool.models.issuer import Institution
from lti_tool.pdf import Logo, Pdf, find_design, made_with
from lti_tool.settings import Settings

MOST_TRIES = {
    FactsFaulty.code: 1,
    DesignFaulty.code: 5,
    DesignLacks.code: 5,
    RenderFailed.code: 5,
    SigningFailed.code: 5,
}
"""After how many failures of a kind in a row a certificate is set aside. Facts never change; a
design's files may just be replaced, and whoever killed a process may have meant another."""

MOST_BEGUN = 20
"""After how many tries that were never heard of again it is taken to end whoever begins it."""

FOR_ANOTHER_KEY = (SealExpired.code, SealRevoked.code, SecretKeyWrong.code)
"""What a certificate waits over until it is signed with another key."""

NOT_MADE = (
    *MOST_TRIES,
    *(CertificatesOff.code, RendererAway.code),
    *FOR_ANOTHER_KEY,
    *(SigningOff.code, TimestampAway.code, TimestampRevoked.code),
)
"""Why a certificate's file is not there, or its message was refused for want of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a certificate is made of."""

    design: str
    """Its name."""
    facts: dict[str, Any]
    logo: Logo | None


class Renderings:
    """Gives out certificates to be made and keeps what came of it."""

    def __init__(self, session: Session, now: datetime, settings: Settings) -> None:
        self._session = session
        self._now = now
        self._settings = settings

    def due(self, limit: int) -> list[int]:
        """Certificates whose file ought to be made now, the oldest first."""
        oldest = select(Certificate.id).order_by(Certificate.id).limit(limit)
        return list(self._session.scalars(oldest.where(in_the_making(), self._is_due())))

    def take(self, id: int) -> Order | None:
        """What it takes to make a certificate; None when that is not to be done now.

        The try counts from now on: one that takes this process down along with it is not begun at
        every start for ever.
        """
        row = self._unmade(id, self._is_due())
        if row is None:
            return None
        if row.tries >= MOST_BEGUN and row.problem in (None, RenderFailed.code):
            self._set_aside(row, RenderFailed.code)
            return None
        row.tries += 1
        return Order(row.design, row.facts, self._logo(row.platform_id))

    def _logo(self, platform_id: int) -> Logo | None:
        found = self._session.execute(
            select(Institution.logo, Institution.logo_type).where(
                Institution.platform_id == platform_id
            )
        ).one_or_none()
        return Logo(found.logo, found.logo_type) if found and found.logo else None

    def made(self, id: int, pdf: Pdf) -> None:
        """Keep the file, unless another process already did: the first one stays."""
        row = self._unmade(id)
        if row is not None:
            row.pdf, row.sha256, row.rendered_at = pdf.content, pdf.sha256, self._now
            row.problem, row.tries, row.try_at, row.failed_with = None, 0, None, None

    def failed(self, id: int, code: str) -> None:
        """Note why a certificate could not be made, and when to try it again, if at all."""
        row = self._unmade(id)
        if row is None:
            return
        row.tries = row.tries if row.problem == code else 1
        if row.tries >= MOST_TRIES.get(code, math.inf):
            self._set_aside(row, code)
            return
        row.problem, row.failed_with = code, self._made_with(row.design)
        row.try_at = self._now + back_off(
            row.tries,
            None,
            jitter=random.random(),  # noqa: S311  (spreads load, guards nothing)
            first=self._settings.retry_seconds,
            longest=self._settings.retry_max_seconds,
        )

    def reconsider(self) -> None:
        """Have made at once what waits to be tried again, and what was set aside with something
        else than there is now: another version of Rounds, other files of the design, other limits.
        """
        failed = Certificate.problem.is_not(None), Certificate.sha256.is_(None)
        designs = select(Certificate.design).where(*failed).distinct()
        for design in self._session.scalars(designs).all():
            other = Certificate.failed_with.is_distinct_from(self._made_with(design))
            anew = update(Certificate).where(*failed, Certificate.design == design, other)
            self._session.execute(anew.values(problem=None, tries=0, try_at=None))
        waits = update(Certificate).where(*failed, Certificate.try_at > self._now)
        self._session.execute(waits.values(try_at=self._now))

    def sign_anew(self) -> None:
        """Have made at once what waits for another key, now that there is one."""
        failed = Certificate.problem.in_(FOR_ANOTHER_KEY), Certificate.sha256.is_(None)
        waits = update(Certificate).where(*failed, Certificate.try_at > self._now)
        self._session.execute(waits.values(try_at=self._now))

    def _unmade(self, id: int, *also: ColumnElement[bool]) -> Certificate | None:
        this = select(Certificate).where(Certificate.id == id, in_the_making(), *also)
        return self._session.scalar(this.with_for_update())

    def _is_due(self) -> ColumnElement[bool]:
        return or_(Certificate.problem.is_(None), Certificate.try_at <= self._now)

    def _set_aside(self, row: Certificate, code: str) -> None:
        row.problem, row.tries, row.try_at = code, 0, None
        row.failed_with = self._made_with(row.design)

    def _made_with(self, design: str) -> str:
        """What `made_with` says of a design; "" while there is none of that name."""
        settings = self._settings
        try:
            folder = find_design(design, settings.design_folders)
        except DesignFaulty:
            return ""
        return made_with(
            folder,
            seconds=settings.certificate_seconds,
            megabytes=settings.certificate_megabytes,
        )


def in_the_making() -> ColumnElement[bool]:
    """Whether a certificate counts, has no file, and is not set aside.

    One that was set aside is made once its problem is taken away: a course lead asked again.
    """
    return and_(
        Certificate.state == State.VALID,
        Certificate.sha256.is_(None),
        or_(Certificate.problem.is_(None), Certificate.try_at.is_not(None)),
    )
