"""The words of refusals: what happened and what to do, by code, else by the HTTP status."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from lti_tool.domain.errors import LaunchExpired, RoundsError


class Words(NamedTuple):
    """What a page of refusal says. The texts are translated when they are shown."""

    title: Any
    happened: Any
    to_do: Any


_OPEN = _("We could not open this for you")
_NOT_REGISTERED = _("Rounds was not registered")
_NO_PAGE = _("This address is not for people")
_AGAIN = _("Go back to the course and open the activity again. Nothing you entered is lost.")
_ADMINISTRATOR = _("Send the reference below to your LMS administrator.")
_ODD_MESSAGE = _("The course sent you here with a message that Rounds does not trust.")
_REPEATS = _(
    "Go back to the course and open the activity again. If it repeats, send the reference below"
    " to your LMS administrator."
)

BY_CODE = {
    "platform-unknown": Words(
        _("This course is not connected to Rounds yet"),
        _("The LMS that sent you here is not registered."),
        _("Ask your LMS administrator to connect it, and send the reference below along."),
    ),
    "login-malformed": Words(
        _OPEN, _("The course sent you here without saying all it must."), _ADMINISTRATOR
    ),
    "target-foreign": Words(
        _OPEN, _("The course asked Rounds to open an address that is not ours."), _ADMINISTRATOR
    ),
    "launch-malformed": Words(
        _OPEN,
        _("This page is only reached from a course, and its message was not complete."),
        _AGAIN,
    ),
    "lms-login-required": Words(
        _OPEN,
        _("The LMS says that you are not signed in there any more."),
        _("Sign in to the LMS, then open the activity again."),
    ),
    "launch-no-longer-valid": Words(
        _OPEN,
        _("The LMS says that its message to us was too old or had been used."),
        _AGAIN,
    ),
    "lms-refused": Words(_OPEN, _("The LMS did not confirm who you are."), _REPEATS),
    "browser-unproven": Words(
        _OPEN,
        _(
            "Your browser did not bring back what it was given a moment ago. Either it lets Rounds"
            " keep no cookies, or the launch was begun in another browser."
        ),
        _(
            "Allow cookies for Rounds in your browser, or use another browser, then open the"
            " activity again from the course."
        ),
    ),
    "login-unknown": Words(_OPEN, _("This launch was not begun here, or long ago."), _AGAIN),
    "login-expired": Words(
        _OPEN, _("Too much time passed between the course and this page."), _AGAIN
    ),
    "launch-used": Words(
        _OPEN,
        _(
            "The course sent you here, but the message had already been used. This happens after"
            " going back, or after opening a copied link."
        ),
        _AGAIN,
    ),
    "launch-expired": Words(
        _OPEN,
        _("The message of the course is too old, or its clock differs from ours."),
        _REPEATS,
    ),
    "message-unsupported": Words(
        _OPEN,
        _("The LMS asked for something that Rounds does not do."),
        _("Open an activity from the course instead."),
    ),
    "notice-malformed": Words(_NO_PAGE, _("An LMS posts signed notices here."), _ADMINISTRATOR),
    "deployment-unknown": Words(
        _NO_PAGE,
        _("The notice is about a deployment that has never opened Rounds."),
        _ADMINISTRATOR,
    ),
    "placing-not-allowed": Words(
        _("You cannot add this to the course"),
        _("Rounds adds activities for those who teach, build or administer a course."),
        _(
            "Have someone who teaches the course add it, or have yourself enrolled in it as one who"
            " does. A role in the whole institution does not count."
        ),
    ),
    "links-not-taken": Words(
        _("Rounds has nothing to add here"),
        _("This place in the course takes no activities, or only one at a time."),
        _("Go back, and add Rounds where the course adds an activity or an assignment."),
    ),
    "choice-answered": Words(
        _("This went to the course already"),
        _("What was chosen here was taken back to the course once, and that cannot be repeated."),
        _("Look in the course. If it is not there, begin to add it once more from the course."),
    ),
    "review-foreign": Words(
        _("This is the work of somebody else"),
        _("The course asked Rounds to show you another intern's results. Each sees their own."),
        _("Open the activity from the course: it shows where you stand."),
    ),
    "review-unknown": Words(
        _("Rounds has no such work"),
        _("The course asked for somebody whom Rounds does not know as an intern of it."),
        _(
            "Open the activity itself from the course, so that Rounds asks for the list of people."
            " Then try again in a minute."
        ),
    ),
    "session-missing": Words(
        _("You are not signed in on this page"),
        _(
            "Pages of Rounds open from a course, and in the browser that opened them. An address"
            " that was copied or saved does not work by itself."
        ),
        _("Go to the course and open the activity there."),
    ),
    "session-over": Words(
        _("You were signed out"),
        _("Nobody used this page for a while, so it was closed for your safety."),
        _("Go back to the course and open the activity again. What was saved is still there."),
    ),
    "form-forged": Words(
        _("This was not sent"),
        _("The form did not come from the page you have open, so nothing was changed."),
        _("Go back, load the page again, and send it once more."),
    ),
    "form-unreadable": Words(
        _("This was not sent"),
        _("The form was not one that Rounds made, so nothing was changed."),
        _("Go back, load the page again, and send it once more."),
    ),
    "platform-unreachable": Words(
        _OPEN,
        _("The LMS did not answer when Rounds asked it to confirm who you are."),
        _("Open the activity again in a minute."),
    ),
    "platform-answer-wrong": Words(
        _OPEN, _("The LMS gave Rounds an answer that makes no sense."), _REPEATS
    ),
    "address-refused": Words(
        _("Rounds does not call this LMS"),
        _("Its address is not public, or is not encrypted, and was not allowed to be either."),
        _("Whoever runs Rounds can allow a private network by the setting private_platforms."),
    ),
    "registration-malformed": Words(
        _("This address is for an LMS"),
        _("It was opened without what an LMS sends along when it registers a tool."),
        _("Paste the address into the LMS, where it asks for a tool's registration address."),
    ),
    "invitation-unknown": Words(
        _NOT_REGISTERED,
        _("The one-time code in the address is not one that Rounds gave out."),
        _("Paste the whole address once more, or ask whoever runs Rounds for a new one."),
    ),
    "invitation-used": Words(
        _NOT_REGISTERED,
        _("The address has been used. Each works for one registration."),
        _("If Rounds is not in the LMS's list of tools, ask whoever runs Rounds for a new one."),
    ),
    "invitation-over": Words(
        _NOT_REGISTERED,
        _("The address was not used in its time."),
        _("Ask whoever runs Rounds for a new one."),
    ),
    "issuer-foreign": Words(
        _NOT_REGISTERED,
        _("The LMS gives itself the name of another host than the one it lives on."),
        _("Correct the LMS's own address in its settings. The same registration address works."),
    ),
    "registration-faulty": Words(
        _NOT_REGISTERED,
        _("What the LMS told of itself lacks something that a registration needs."),
        _("Send the reference below to whoever runs Rounds. The same address can be tried again."),
    ),
    "registration-refused": Words(
        _NOT_REGISTERED,
        _("The LMS did not take the registration."),
        _("Begin again in the LMS: its part works once. The same registration address works."),
    ),
    "registration-unanswered": Words(
        _NOT_REGISTERED,
        _("The LMS did not answer when Rounds asked it to register the tool."),
        _(
            "Look whether Rounds is in the LMS's list of tools, and remove it there. Then begin"
            " again with the same address."
        ),
    ),
    "database-away": Words(
        _("Rounds is not available just now"),
        _("Its database does not answer. What was saved before is safe."),
        _("Try again in a minute."),
    ),
    "activity-not-ready": Words(
        _("This activity is not set up yet"),
        _("No competencies have been chosen for it."),
        _("The course lead opens the activity once and chooses them."),
    ),
    "certificate-not-earned": Words(
        _("No certificate was issued"),
        _("The standard is not met, or there is a valid certificate already."),
        _("Go back and load the page again to see how it stands now."),
    ),
    "sample-busy": Words(
        _("A sample is being made already"),
        _("Rounds makes one at a time, and somebody was a moment faster."),
        _("Go back and try again in a few seconds. What you chose is still there."),
    ),
    "certificate-design-faulty": Words(
        _("This design has a fault"),
        _("No certificate can be made with it."),
        _("Choose another design, or tell whoever runs Rounds."),
    ),
    "certificate-design-lacks": Words(
        _("This design needs more"),
        _("It has a place for a logo, wording or signatories that the school has not given."),
        _("Fill them in first, or choose another design."),
    ),
    "logo-faulty": Words(
        _("This file is no logo"),
        _("It is no PNG, JPEG or SVG, or a drawing with scripts, links or pictures in it."),
        _("Save it anew as a PNG, or as an SVG with paths alone, and choose it again."),
    ),
    "logo-too-large": Words(
        _("This logo is too large"),
        _("A logo may have 2 MB and 12 million points, a drawing 200 kB."),
        _("Save it smaller, and choose it again."),
    ),
    "certificates-off": Words(
        _("Certificates are off"),
        _("This installation of Rounds lacks a system library that PDFs are made with."),
        _("Tell the people who run Rounds; the certificate is safe and comes later."),
    ),
}

AWAY_AT_THE_DOOR = Words(
    _OPEN,
    _("Rounds could not look up this course, because its database does not answer."),
    _("Go back to the course and open the activity again in a minute."),
)
"""Of a login or launch, which only the LMS can repeat."""

AWAY_UNSAVED = Words(
    _("This was not saved"),
    _("The database of Rounds does not answer just now. What you sent is kept on this page only."),
    _("Leave this page open, and send it again in a minute."),
)
"""Of a form: its page keeps what was sent."""

ODD_TOKEN = frozenset(
    {
        "token-unreadable",
        "token-key-missing",
        "token-key-unknown",
        "token-forged",
        "token-not-for-us",
        "nonce-wrong",
        "target-changed",
        "claim-missing",
        "claims-malformed",
        "lti-version-wrong",
    }
)
"""To the person these are one thing: the LMS or its registration is not in order."""

BY_STATUS = {
    400: Words(
        _("This could not be read"),
        _("What was sent is not what Rounds expects here."),
        _("Go back, load the page again, and send it once more."),
    ),
    403: Words(
        _("You may not do this"),
        _("Your role in this course, or the state of this work, does not allow it."),
        _("If that is wrong, ask the course lead."),
    ),
    404: Words(
        _("There is nothing here"),
        _("The address may be mistyped, or what it led to is in another course."),
        _("Go back to the course and open the activity again."),
    ),
    405: Words(
        _("This page cannot be opened like that"),
        _("The address only takes what a page of Rounds sends to it."),
        _("Go back to the course and open the activity again."),
    ),
    409: Words(
        _("This has changed meanwhile"),
        _("Somebody, perhaps you in another tab, changed it after this page was loaded."),
        _("Go back and load the page again to see how it stands now."),
    ),
    413: Words(
        _("This is too large"),
        _("More was sent than Rounds takes at once. Nothing was saved."),
        _("Go back and shorten the texts."),
    ),
    422: Words(
        _("Something is missing"),
        _("What was sent cannot be used as it is. Nothing was saved."),
        _("Go back and look at the form again."),
    ),
    429: Words(
        _("Too many tries"),
        _("This was asked for more often than is usual."),
        _("Wait a few minutes, then try again."),
    ),
    500: Words(
        _("Something broke on our side"),
        _("It is noted. What was saved before is safe."),
        _("Try again. If it repeats, send the reference below to the people who run Rounds."),
    ),
    503: Words(
        _("Not possible just now"),
        _("Something that Rounds needs for this does not answer."),
        _("Try again in a few minutes."),
    ),
}


def words_for(error: RoundsError, status: int) -> Words:
    """What to say of a refusal."""
    if error.code in ODD_TOKEN:
        return Words(_OPEN, _ODD_MESSAGE, _REPEATS)
    if isinstance(error, LaunchExpired) and error.seconds is not None and error.seconds >= 60:
        return BY_CODE[error.code]._replace(happened=_clocks(error.seconds // 60))
    return BY_CODE.get(error.code) or BY_STATUS[status]


def _clocks(minutes: int) -> str:
    words: str = ngettext(
        "The clock of the LMS differs from ours by %(num)s minute, or the message is that old.",
        "The clock of the LMS differs from ours by %(num)s minutes, or the message is that old.",
        minutes,
    )
    return words
