"""The tables, one aggregate per file, no rules: rules live in domain/, changes in services/.

Importing this package imports every table, so that the metadata is whole.
"""

from lti_tool.models import (
    activity,
    assessment,
    audit,
    certificate,
    course,
    deliverer,
    grade_service,
    issuer,
    launch,
    limit,
    passback,
    person,
    platform,
    result,
    shown_grade,
    tally,
)

__all__ = [
    "activity",
    "assessment",
    "audit",
    "certificate",
    "course",
    "deliverer",
    "grade_service",
    "issuer",
    "launch",
    "limit",
    "passback",
    "person",
    "platform",
    "result",
    "shown_grade",
    "tally",
]
