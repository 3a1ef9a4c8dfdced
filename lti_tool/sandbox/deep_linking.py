"""Deep linking as the standard wants it: the request's settings, the checks, what is made of it.

1EdTech LTI Deep Linking 2.0.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import jwt

from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.answers import Refusal, dump
from lti_tool.sandbox.choice import Choice, Draft, Place
from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.platform import Launch, Platform
from lti_tool.sandbox.tokens import KeysUnreachable, Tokens
from lti_tool.sandbox.world import STAFF, Activity, Course, Person

LEEWAY = 30
OLDEST = 300
NOTES = ("msg", "errormsg", "log", "errorlog")


class DeepLinking:
    """The standard's reading; a flavour overrides what its LMS does otherwise."""

    all_places: tuple[Place, ...] = (Place("ContentArea", "Add content from the tool"),)
    choosers: tuple[str, ...] = STAFF
    single_use = True
    published = True

    def __init__(self, platform: Platform, claims: Claims, tokens: Tokens) -> None:
        self.platform = platform
        self.claims = claims
        self.tokens = tokens

    # asking

    def places(self, person: Person, course: Course) -> list[Place]:
        """Where this person may choose content now."""
        client = self.platform.client
        if not (self.may_choose(person, course) and client.active and client.offered):
            return []
        registered = {p.name for p in client.placements if p.message == v.DEEP_LINKING_REQUEST}
        return [place for place in self.all_places if place.name in registered]

    def may_choose(self, person: Person, course: Course) -> bool:
        """Who may add content to a course."""
        return bool(set(self.choosers) & set(course.kinds(person)))

    def begin(
        self, place: Place, person: Person, course: Course, title: str = "", text: str = ""
    ) -> Launch:
        """A prepared launch that asks the tool to choose. There is no link to it yet."""
        choice = Choice(secrets.token_hex(12), place, person, course, title, text)
        choice.settings = self.settings(choice)
        nothing = Activity("", 0, place.words, kind="choice")
        launch = self.platform.begin_launch(person, course, nothing)
        launch.message = v.DEEP_LINKING_REQUEST
        launch.placement = self.platform.client.placement(place.name, v.DEEP_LINKING_REQUEST)
        launch.choice = choice
        with self.platform.lock:
            self.platform.choices[choice.id] = choice
        return launch

    def settings(self, choice: Choice) -> dict[str, Any]:
        settings = {
            "deep_link_return_url": self.return_url(choice),
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": self.takes_many(choice),
            "accept_lineitem": True,
            "auto_create": True,
            "data": choice.id,
        }
        return settings | {
            name: words for name, words in (("title", choice.title), ("text", choice.text)) if words
        }

    def takes_many(self, choice: Choice) -> bool:
        return choice.place.multiple and self.platform.switches.accept_multiple

    def return_url(self, choice: Choice) -> str:
        ref = self.claims.course_ref(choice.course)
        return self.platform.address("deep_linking_return", course=ref)

    # being answered

    def receive(self, query: Mapping[str, str], form: Mapping[str, str]) -> Choice:
        """The tool's answer, checked and read. What needs no form is made at once."""
        claims = self.verify(form.get("JWT", ""))
        choice = self.choice_of(query, claims)
        self.check(claims, choice)
        items = self.items(claims)
        self.check_count(choice, items)
        with self.platform.lock:
            if choice.used and self.single_use:
                self.refuse("do not attempt to submit content items multiple times")
            choice.used = True
            choice.notes = {
                name: str(claims[v.DL_CLAIM + name])
                for name in NOTES
                if claims.get(v.DL_CLAIM + name)
            }
            choice.drafts = [self.draft(item) for item in items]
            self.platform.note("Content chosen", f"{len(items)} by {choice.person.shown}.", claims)
            if not choice.place.fills_form:
                self.make_all(choice)
        return choice

    def verify(self, token: str) -> dict[str, Any]:
        try:
            key = self.tokens.tool_keys()[str(jwt.get_unverified_header(token).get("kid"))]
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(key).key,
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )
        except (KeyError, KeysUnreachable, jwt.PyJWTError) as error:
            self.refuse(f"JWT: {error}")
        return claims

    def choice_of(self, query: Mapping[str, str], claims: Mapping[str, Any]) -> Choice:
        """By `data`, which has to come back as it went."""
        return self.choice(claims.get(v.DL_CLAIM + "data")) or self.refuse("data is not ours")

    def choice(self, choice_id: object) -> Choice | None:
        return self.platform.choices.get(choice_id) if isinstance(choice_id, str) else None

    def check(self, claims: Mapping[str, Any], choice: Choice) -> None:
        client = self.platform.client
        now = self.platform.now().timestamp()
        audience = claims.get("aud")
        issuer = self.platform.origins.issuer
        issued, ends = claims.get("iat"), claims.get("exp")
        deployment = client.deployments[choice.course.deployment]
        right = {
            "iss": claims.get("iss") == client.client_id,
            "aud": issuer in (audience if isinstance(audience, list) else [audience]),
            "iat": isinstance(issued, int | float) and now - OLDEST <= issued <= now + LEEWAY,
            "exp": isinstance(ends, int | float) and ends > now,
            "nonce": bool(claims.get("nonce")),
            "deployment_id": claims.get(v.CLAIM + "deployment_id") == deployment,
            "message_type": claims.get(v.CLAIM + "message_type") == v.DEEP_LINKING_RESPONSE,
            "version": claims.get(v.CLAIM + "version") == "1.3.0",
        }
        wrong = [name for name, good in right.items() if not good]
        if wrong:
            self.refuse(f"wrong or missing: {', '.join(wrong)}")

    def items(self, claims: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = claims.get(v.DL_CLAIM + "content_items", [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.refuse("content_items is not a list of objects")
        return [item for item in found if self.takes(item)]

    def takes(self, item: Mapping[str, Any]) -> bool:
        return item.get("type") == "ltiResourceLink"

    def check_count(self, choice: Choice, items: list[dict[str, Any]]) -> None:
        if len(items) > 1 and not self.takes_many(choice):
            self.refuse("one item at most")

    def refuse(self, words: str) -> NoReturn:
        raise Refusal(400, dump({"errors": [words]}))

    # making activities of it

    def draft(self, item: Mapping[str, Any]) -> Draft:
        column = _part(item, "lineItem")
        available, submission = _part(item, "available") or {}, _part(item, "submission") or {}
        draft = Draft(
            title=_text(item, "title") or "Untitled",
            text=_text(item, "text"),
            url=_text(item, "url"),
            custom={name: str(text) for name, text in (_part(item, "custom") or {}).items()},
            opens=_time(available, "startDateTime"),
            closes=_time(available, "endDateTime"),
            due=_time(submission, "endDateTime"),
        )
        if column is not None:
            draft.graded = True
            draft.points = _number(column.get("scoreMaximum"))
            draft.label = _text(column, "label")
            draft.resource_id = _text(column, "resourceId")
            draft.tag = _text(column, "tag")
            draft.review = _part(column, "submissionReview")
        return draft

    def make_all(self, choice: Choice) -> None:
        """Every draft turned into an activity; what does not work is said in `troubles`."""
        for draft in choice.drafts:
            trouble = self.trouble(choice, draft)
            if trouble:
                choice.troubles.append(f"{draft.title}: {trouble}")
            else:
                choice.made.append(self.make(choice.course, draft).key)
        choice.drafts = []

    def trouble(self, choice: Choice, draft: Draft) -> str:
        """Why no activity can be made of it; empty if one can."""
        if draft.graded and (draft.points is None or draft.points <= 0):
            return "scoreMaximum must be above 0"
        return ""

    def make(self, course: Course, draft: Draft) -> Activity:
        number = self.platform.world.next_number()
        activity = Activity(
            key=f"chosen-{number}",
            number=number,
            title=self.name(draft),
            text=draft.text,
            kind="assignment" if draft.graded else "ungraded",
            points=draft.points or Decimal(0),
            custom=dict(draft.custom),
            published=self.published,
            due=draft.due,
            url=draft.url,
            opens=draft.opens,
            closes=draft.closes,
        )
        course.activities[activity.key] = activity
        if draft.graded:
            self.platform.book.add(self.column(course, activity, draft))
        return activity

    def name(self, draft: Draft) -> str:
        return draft.title

    def column(self, course: Course, activity: Activity, draft: Draft) -> Column:
        return Column(
            id=self.platform.book.number(),
            course=course.key,
            label=draft.label or activity.title,
            maximum=activity.points,
            activity=activity.key,
            coupled=True,
            resource_id=draft.resource_id,
            tag=draft.tag,
            extra={"submissionReview": draft.review} if draft.review else {},
        )

    # the form, where a draft has to be saved by hand

    def save(self, choice: Choice, form: Mapping[str, str]) -> str:
        """Makes what the form shows. What is wrong with it, or empty once it is made."""
        if len(choice.drafts) == 1:
            draft = choice.drafts[0]
            draft.title = form.get("title", "").strip() or draft.title
            draft.text = form.get("text", draft.text)
            if "points" in form:
                draft.points = _number(form["points"])
            trouble = self.trouble(choice, draft)
            if trouble:
                return trouble
        with self.platform.lock:
            self.make_all(choice)
            for key in choice.made:
                made = choice.course.activities[key]
                made.published = made.published or "publish" in form
        return ""


def _part(data: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    found = data.get(name)
    return found if isinstance(found, dict) else None


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    return found if isinstance(found, str) else ""


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _time(data: Mapping[str, Any], name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(data, name))
    except ValueError:
        return None
    return found if found.tzinfo else None
