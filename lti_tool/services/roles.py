"""The role someone holds in a course, out of all that their membership's row says."""

from collections.abc import Mapping

from lti_tool.domain.people import Evidence, Role, is_test_user, role_of
from lti_tool.models.person import Membership


def settle_role(row: Membership, names: Mapping[str, str], *, roster_needed: bool) -> None:
    """Work out a member's role anew; to be called whenever anything it follows from has changed.

    `names` maps the LMS's own role names to ours (a setting), `roster_needed` is the product's word
    on whether an Instructor at launch leads the course only once the roster agrees.
    """
    row.test_user = is_test_user([*(row.launch_roles or ()), *(row.roster_roles or ())])
    row.role = role_of(
        Evidence(
            launch=row.launch_roles,
            roster=row.roster_roles,
            named=_named(row.role_name or "", names),
            placed=row.placed,
            by_hand=Role(row.by_hand) if row.by_hand else None,
            roster_needed=roster_needed,
        )
    )


def _named(said: str, names: Mapping[str, str]) -> Role | None:
    """The highest role a name is mapped to; an LMS may tell several, with commas between."""
    mapped = {names.get(one) for one in (said, *map(str.strip, said.split(",")))}
    return next((role for role in (Role.COURSE_LEAD, Role.SUPERVISOR) if role in mapped), None)
