"""Shown grades: what a gradebook held of a person in a column when it was last read back."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base, UTCDateTime


class ShownGrade(Base):
    """One cell of a gradebook, on whatever scale the LMS told it. No score is an empty cell."""

    __tablename__ = "shown_grade"

    column_id: Mapped[int] = mapped_column(ForeignKey("grade_column.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    score: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    maximum: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)
