"""GradeService: how an LMS takes grades at present, as its answers tell."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, UTCDateTime


class GradeService(Base):
    """One for each platform that was ever sent anything."""

    __tablename__ = "grade_service"

    platform_id: Mapped[int] = mapped_column(
        ForeignKey("platform.id"), primary_key=True, autoincrement=False
    )
    ok_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it last took a message, to the minute."""
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it last was in trouble."""
    code: Mapped[str | None] = mapped_column(String(64))
    """What was wrong then; None since it is right again."""
    status: Mapped[int | None]
    """The HTTP status of that answer; None where nothing answered."""
    failures: Mapped[int] = mapped_column(default=0)
    """How often in a row."""
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Nothing is sent to it before, but `asking`."""
    asking: Mapped[int | None]
    """The message that asks, once a pause is over, whether it works again; the others wait."""
