"""What became of each grade, in words: its number, why it is where it is, and what to do."""

from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _

from lti_tool.domain.passback import CHANGED, State
from lti_tool.domain.scoring import FULL_GRADE, scaled_grade, shown_grade
from lti_tool.services.passback_views import Delivery
from lti_tool.web.certificate_words import file_to_do, why_no_file
from lti_tool.web.session import launched


@launched.app_template_filter("told")
def told(delivery: Delivery) -> str:
    """The number a message tells: *84 of 100*, with what a column of another size makes of it."""
    if delivery.score is None:
        return str(_("no number"))
    number = _("%(score)s of %(maximum)s", score=delivery.score, maximum=delivery.maximum)
    if delivery.column_maximum == FULL_GRADE:
        return str(number)
    maximum = Fraction(delivery.column_maximum)
    return str(
        _(
            "%(number)s (%(scaled)s of %(maximum)s in the gradebook)",
            number=number,
            scaled=scaled_grade(Fraction(delivery.score), maximum),
            maximum=shown_grade(maximum),
        )
    )


@launched.app_template_filter("points")
def points(maximum: Decimal) -> str:
    """What a column goes up to: *20*, *12.5*."""
    return shown_grade(Fraction(maximum))


@launched.app_template_filter("shown_there")
def shown_there(delivery: Delivery) -> str:
    """What the gradebook shows in place of a number that was told, on the gradebook's own scale."""
    cell = delivery.shown
    if cell is None or cell.score is None or cell.maximum is None:
        return str(_("no grade"))
    score, maximum = shown_grade(Fraction(cell.score)), shown_grade(Fraction(cell.maximum))
    return str(_("%(score)s of %(maximum)s", score=score, maximum=maximum))


@launched.app_template_filter("why")
def why(delivery: Delivery) -> str:
    """Why a message waits, was refused or is uncertain; "" where there is nothing to say."""
    if delivery.code is None:
        return ""
    if delivery.code == CHANGED:
        there = shown_there(delivery)
        return str(_("The gradebook shows %(there)s: somebody changed it there.", there=there))
    if delivery.state == State.FETCHING:
        return str(_("The LMS has not fetched the certificate's file yet."))
    words = {
        "address-refused": _("The LMS named an address that Rounds does not call."),
        "attempts-used-up": _("The course allows no further attempts for this activity."),
        "cell-unreadable": _("The gradebook does not show what stands there now."),
        "column-address-refused": _("The column is at an address that Rounds does not call."),
        "column-gone": _("The grade column was deleted in the course."),
        "column-unknown": _("The gradebook has not told Rounds which column is ours."),
        "last-attempt": _(
            "The file would use up the last attempt of this intern in the course, so it was not"
            " sent. The grade was."
        ),
        "course-over": _("The course is over, and its gradebook is closed."),
        "database-away": _("Rounds could not reach its own database while it was sent."),
        "file-awaited": _("The LMS has not fetched the certificate's file in all this time."),
        "file-not-fetched": _("The LMS could not fetch the certificate's file."),
        "internal-error": _("Rounds made a mistake over it, which stands in its log."),
        "interrupted": _("Sending it was interrupted. It may have arrived."),
        "locked": _("The grade is locked in the gradebook."),
        "not-a-student": _("The gradebook says this person is no longer in the course."),
        "older-stamp": _("The gradebook holds something newer, entered there by someone."),
        "platform-answer-wrong": _("Something else than the gradebook answered."),
        "platform-down": _("The gradebook does not answer."),
        "platform-unreachable": _("The gradebook does not answer."),
        "throttled": _("The gradebook is busy and asks for patience."),
        "unpublished": _("The activity is not published in the course."),
    }
    barred = _("The gradebook does not accept grades from Rounds.")
    words |= dict.fromkeys(_BARRED, barred)
    otherwise = why_no_file(delivery.code) or _("The gradebook did not take it.")
    return str(words.get(delivery.code) or otherwise)


@launched.app_template_filter("to_do")
def to_do(delivery: Delivery) -> str:
    """What a course lead can do about a message that is stuck; "" while it goes by itself."""
    if delivery.state not in (State.REFUSED, State.UNCERTAIN):
        return ""
    if delivery.code == "column-gone" and delivery.competency_id:
        return str(_("have a new one made on the page Gradebook. Its grades are then sent to it."))
    words = dict.fromkeys(
        _BARRED, _("ask your LMS administrator to allow scores for Rounds, then send again.")
    )
    words |= {
        "attempts-used-up": _("allow more attempts in the course, then send again."),
        "column-gone": _("open the activity from the course once more, then send again."),
        "changed-in-gradebook": _("leave it if the gradebook is right, else send ours."),
        "course-over": _("reopen the course, then send again."),
        "last-attempt": _("allow more attempts in the course, or send it all the same."),
        "keys-blocked": _("have your LMS administrator let the LMS reach Rounds, then send again."),
        "locked": _("unlock the grade in the gradebook, then send again."),
        "not-a-student": _("ask the registry to enrol this person again, then send again."),
        "older-stamp": _("send again if the number here is the right one."),
        "token-refused": _("ask your LMS administrator to switch Rounds on, then send again."),
        "tool-removed": _("put Rounds back into the course, then send again."),
        "unpublished": _("publish the activity in the course, then send again."),
    }
    words |= dict.fromkeys(
        ("file-awaited", "file-not-fetched"),
        _("ask whoever runs Rounds if the LMS can reach its address, then send again."),
    )
    if delivery.state == State.UNCERTAIN:
        return str(_("look into the gradebook, and send again if it is not there."))
    code = delivery.code or ""
    otherwise = _("send again; if it repeats, tell whoever runs Rounds the code.")
    return str(words.get(code) or file_to_do(code) or otherwise)


_BARRED = ("not-authorised", "scope-missing", "token-refused", "tool-removed", "keys-blocked")
"""The LMS lets Rounds in as a tool, and not into its gradebook."""
