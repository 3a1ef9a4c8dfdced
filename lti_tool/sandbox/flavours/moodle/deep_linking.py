"""Deep linking as Moodle does it.

Moodle: mod/lti/contentitem.php, mod/lti/contentitem_return.php, mod/lti/amd/src/contentitem.js
and mod/lti/mod_form.php.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from lti_tool.sandbox.answers import Refusal
from lti_tool.sandbox.choice import Choice, Draft, Place
from lti_tool.sandbox.deep_linking import DeepLinking
from lti_tool.sandbox.flavours.moodle.tokens import ERROR_PAGE, HTML
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.world import TEACHER, Activity, Course

# The site setting gradepointmax, as it comes.
GREATEST = 100


class MoodleDeepLinking(DeepLinking):
    all_places = (Place("ContentArea", "Add an activity: External tool", fills_form=True),)
    # Who may edit the course; a supervisor is a non-editing teacher.
    choosers = (TEACHER,)
    single_use = False

    def settings(self, choice: Choice) -> dict[str, Any]:
        """No `data`, no `accept_lineitem`; the targets are promised and not kept."""
        return {
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["frame", "iframe", "window"],
            "accept_copy_advice": False,
            "accept_multiple": True,
            "accept_unsigned": False,
            "auto_create": False,
            "can_confirm": False,
            "deep_link_return_url": self.return_url(choice),
            "title": choice.title,
            "text": choice.text,
        }

    def return_url(self, choice: Choice) -> str:
        return f"{super().return_url(choice)}&sesskey={session_key(choice)}"

    def choice_of(self, query: Mapping[str, str], claims: Mapping[str, Any]) -> Choice:
        for choice in reversed(self.platform.choices.values()):
            if session_key(choice) == query.get("sesskey"):
                return choice
        self.refuse("sesskey")

    def check(self, claims: Mapping[str, Any], choice: Choice) -> None:
        """The client, and times if there are any; nothing else is looked at."""
        now = self.platform.now().timestamp()
        if claims.get("iss") != self.platform.client.client_id:
            self.refuse("iss")
        ends, issued = claims.get("exp", now + 1), claims.get("iat", now)
        if not isinstance(ends, int | float) or not isinstance(issued, int | float):
            self.refuse("times are no numbers")
        if ends <= now or issued > now:
            self.refuse("times")

    def takes(self, item: Mapping[str, Any]) -> bool:
        """Whatever comes becomes an activity of the tool, a plain link too."""
        return True

    def draft(self, item: Mapping[str, Any]) -> Draft:
        """Dates are dropped; a column without a maximum has 100 points."""
        draft = super().draft(item)
        draft.due = draft.opens = draft.closes = None
        if draft.graded and draft.points is None:
            draft.points = Decimal(GREATEST)
        return draft

    def trouble(self, choice: Choice, draft: Draft) -> str:
        if draft.graded and not (draft.points and 0 < draft.points <= GREATEST):
            return f"The maximum grade must be between 1 and {GREATEST}."
        return ""

    def make_all(self, choice: Choice) -> None:
        """One form after the other by script: what fails is lost without a word."""
        super().make_all(choice)
        choice.troubles = []

    def column(self, course: Course, activity: Activity, draft: Draft) -> Column:
        """The column takes the name of the link, whatever the line item's label says."""
        column = super().column(course, activity, draft)
        column.label = activity.title
        return column

    def refuse(self, words: str) -> NoReturn:
        raise Refusal(404, ERROR_PAGE, HTML)


def session_key(choice: Choice) -> str:
    return choice.id[:10]
