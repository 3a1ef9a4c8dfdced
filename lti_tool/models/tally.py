"""Tally: how often something went one way and how long it took, for whoever watches."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Tally(Base):
    """A count that only rises. Its slots are summed up: nobody waits long for one row."""

    __tablename__ = "tally"

    event: Mapped[str] = mapped_column(String(16), primary_key=True)
    """services.tallies.Event: what was done."""
    platform: Mapped[int] = mapped_column(primary_key=True)
    """The registration's number; 0 where the request named none that is known."""
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Why, as docs/errors.md explains it; `ok` where nothing is to be explained."""
    slot: Mapped[int] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(BigInteger)
    microseconds: Mapped[int] = mapped_column(BigInteger)
    """How long all of them took together."""
