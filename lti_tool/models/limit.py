"""How often something was tried, so that guessing is slow on any number of machines."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, UTCDateTime


class TryCount(Base):
    """Tries of one kind by one caller in the present window."""

    __tablename__ = "try_count"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of who is counted, since an address is personal data."""
    window: Mapped[datetime] = mapped_column(UTCDateTime)
    count: Mapped[int]
