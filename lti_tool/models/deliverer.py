"""Deliverer: a process that sends what is owed, and when it last gave a sign of life."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, UTCDateTime


class Deliverer(Base):
    """One place for a deliverer on one host. The others adopt the jobs of one that fell silent."""

    __tablename__ = "deliverer"

    executor: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Host and slot: the name the engine knows it by, the same after a restart."""
    process: Mapped[int]
    """Its process id on that host."""
    beat: Mapped[int] = mapped_column(default=0)
    """Rises with each sign of life: others see it stand still, whatever the clocks say."""
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    """When that was by its own clock, for people to read; long ago once it has left."""
