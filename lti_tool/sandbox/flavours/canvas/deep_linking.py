"""Deep linking as Canvas does it.

Canvas: lib/lti/messages/deep_linking_request.rb, lib/lti/deep_linking_data.rb,
app/controllers/lti/ims/deep_linking_controller.rb and its concerns, deep_linking_modules.rb.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlencode

import jwt

from lti_tool.sandbox.answers import Refusal, dump
from lti_tool.sandbox.choice import Choice, Draft, Place
from lti_tool.sandbox.deep_linking import DeepLinking

DATA_LIFETIME = 3600


class CanvasDeepLinking(DeepLinking):
    all_places = (
        Place(
            "assignment_selection",
            "New assignment: External Tool, Find",
            multiple=False,
            fills_form=True,
        ),
        Place(
            "submission_type_selection",
            "New assignment: submission type of the tool's own",
            multiple=False,
            fills_form=True,
        ),
        Place("link_selection", "Modules: add an External Tool"),
        Place("course_assignments_menu", "Assignments: menu"),
        Place("module_index_menu_modal", "Modules: menu", auto_create=True),
        Place("module_menu_modal", "A module: menu", auto_create=True),
    )
    published = False

    def settings(self, choice: Choice) -> dict[str, Any]:
        """No `data`, no `accept_lineitem`, no trace of what is chosen now."""
        return {
            "accept_types": ["ltiResourceLink"],
            "accept_multiple": choice.place.multiple,
            "auto_create": choice.place.auto_create,
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
            "deep_link_return_url": self.return_url(choice),
        }

    def return_url(self, choice: Choice) -> str:
        """The state rides in the address, in a token that is good once."""
        ends = int(self.platform.now().timestamp()) + DATA_LIFETIME
        data = jwt.encode({"choice": choice.id, "exp": ends}, self.platform.secret, "HS256")
        return f"{super().return_url(choice)}?{urlencode({'data': data})}"

    def choice_of(self, query: Mapping[str, str], claims: Mapping[str, Any]) -> Choice:
        try:
            data = jwt.decode(query.get("data", ""), self.platform.secret, algorithms=["HS256"])
        except jwt.PyJWTError:
            self.refuse("data: not Canvas's own or too old")
        return self.choice(data["choice"]) or self.refuse("data: unknown")

    def check_count(self, choice: Choice, items: list[dict[str, Any]]) -> None:
        """Of several where one is taken, only the first counts."""
        if not choice.place.multiple:
            del items[1:]

    def draft(self, item: Mapping[str, Any]) -> Draft:
        """With the feature for it off, a lineItem is ignored without a word (canvas #1749)."""
        draft = super().draft(item)
        draft.review = None
        if self.platform.switches.line_items_ignored:
            draft.graded, draft.points = False, None
            draft.label = draft.resource_id = draft.tag = ""
        return draft

    def receive(self, query: Mapping[str, str], form: Mapping[str, str]) -> Choice:
        """A form makes an assignment in any case, and dates never reach it."""
        choice = super().receive(query, form)
        for draft in choice.drafts:
            draft.graded = True
            draft.points = draft.points or Decimal(0)
            draft.title, draft.label = self.name(draft), ""
            draft.due = draft.opens = draft.closes = None
        return choice

    def trouble(self, choice: Choice, draft: Draft) -> str:
        """A form takes 0 points, a server that creates does not."""
        if choice.place.fills_form and draft.points == 0:
            return ""
        return super().trouble(choice, draft)

    def name(self, draft: Draft) -> str:
        return draft.label or draft.title

    def refuse(self, words: str) -> NoReturn:
        raise Refusal(400, dump({"errors": {"jwt": [words]}}))
