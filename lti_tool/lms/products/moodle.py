"""Moodle: where it departs from the standard.

Seen on Moodle 4.5; references are paths in github.com/moodle/moodle.
"""

from lti_tool.domain.column import Further, Own
from lti_tool.lms.products.asks import Asks, Step
from lti_tool.lms.products.base import AnswerKind, Meaning, Product

LOCKED_TRIES = 10
"""About an hour and a half, as waits are set: long enough for a teacher to see and unlock it."""


class MoodleAsks(Asks):
    """The standard's registration; mod/lti/classes/local/ltiopenid/registration_helper.php."""

    # A tool that registered itself is pending, and preconfigured rather than in the chooser.
    left_to_do = (Step.ACTIVATE, Step.SHOW_IN_CHOOSER, Step.ALLOW_CALLS, Step.TRY_IT)


class Moodle(Product):
    """Moodle, from 4.5."""

    name = "moodle"
    families = frozenset({"moodle"})
    # A launch says Instructor for whoever holds mod/lti:manage, non-editing teachers included;
    # the roster says it for moodle/course:manageactivities, which leaves those out.
    # mod/lti/locallib.php lti_get_ims_role; mod/lti/service/memberships/classes/local/service.
    roster_confirms_leads = True
    asks = MoodleAsks()
    # mod/lti/locallib.php content_item_to_form: an address of its own makes Moodle find the tool
    # by its domain, where the wrong one of two may win; custom parameters do without.
    links_have_addresses = False
    # mod/lti/service/gradebookservices: a column made by a tool is a manual grade item. It counts
    # in the course total; one made for a link that has its own takes `lineitem` from its launches.
    own_column = Own.IN_SETTINGS
    further_column = Further.COUNTS
    # mod/lti/service/gradebookservices/classes/local/resources/scores.php compares grade times,
    # which are kept in whole seconds; the same second is "earlier" too.
    whole_second_stamps = True
    # The same file answers 400 when the user cannot be graded there, 403 for another tool's column,
    # and fails with 500 when the grade is locked: trying on for ever would not unlock it. Its empty
    # list tells that from a Moodle in trouble, which gets no further than to a page or to nothing.
    meanings = (
        Meaning(400, "not-a-student"),
        Meaning(403, "column-gone"),
        Meaning(500, "locked", AnswerKind.TRY_AGAIN, words="[]", tries=LOCKED_TRIES),
    )

    def overwrites(self, *, ours: bool) -> bool:
        """A link's own grade keeps what a teacher typed in; that of a manual item is replaced.

        mod/lti/service/gradebookservices, seen with both kinds on 4.5.
        """
        return ours

    def school(self, name: str, description: str) -> str:
        """A site's full name; `name` is the short one. mod/lti/locallib.php, tool_platform."""
        return description or name
