"""Why a service of the LMS could not be used, and what a course lead can do, in words by code."""

from typing import NamedTuple

from flask_babel import gettext as _

from lti_tool.services.grade_services import Condition


class Trouble(NamedTuple):
    """What happened, and what to do; the code is for whoever is asked for help."""

    happened: str
    to_do: str
    code: str


def roster_problem(code: str) -> Trouble:
    """Why the list of people could not be read."""
    if code == "scope-missing":
        return Trouble(
            _("The LMS does not let Rounds read the list of people."),
            _("ask your LMS administrator to allow names and roles for Rounds, then refresh."),
            code,
        )
    return _general(code) or Trouble(
        _("The LMS answered with something that is no list of people."),
        _("refresh in a minute. If it repeats, send the code to your LMS administrator."),
        code,
    )


def column_problem(code: str) -> Trouble:
    """Why a gradebook column could not be found, made, deleted or read."""
    words = {
        "scope-missing": (
            _("The course does not let Rounds do this in its gradebook."),
            _("ask your LMS administrator to allow Rounds the grade columns and results."),
        ),
        "column-gone": (
            _("The column was deleted in the gradebook."),
            _("try again: a new column is made, and all its grades are sent to it."),
        ),
        "column-refused": (
            _("The gradebook does not let Rounds make or delete this column."),
            _("see that the course is open and not over, then try again."),
        ),
        "column-unclear": (
            _("The gradebook has several columns for this activity."),
            _("delete those that nobody needs in the gradebook, then try again."),
        ),
    }
    if code in words:
        return Trouble(*words[code], code)
    return _general(code) or Trouble(
        _("The gradebook answered with something that makes no sense."),
        _("try again in a minute. If it repeats, send the code to your LMS administrator."),
        code,
    )


def grade_service_problem(code: str) -> Trouble:
    """Why the LMS takes no grades at all, or lets nobody try."""
    words = {
        "throttled": (
            _("The gradebook is busy and asks Rounds to wait."),
            _("nothing. The grades go by themselves when it has said they may."),
        ),
        "platform-down": (
            _("The gradebook says that it cannot take grades just now."),
            _("nothing for now. If it lasts for hours, tell your LMS administrator."),
        ),
        "platform-unreachable": (
            _("The LMS does not answer."),
            _("nothing for now. If it lasts for hours, tell your LMS administrator."),
        ),
        "platform-answer-wrong": (
            _("Something else than the gradebook answers: a sign-in page, or a proxy."),
            _("send the code to your LMS administrator if it lasts for more than an hour."),
        ),
        "scope-missing": (
            _("The LMS does not let Rounds send grades."),
            _("ask your LMS administrator to allow scores for Rounds, then open the activity."),
        ),
        "column-missing": (
            _("The gradebook has not told Rounds which column is ours."),
            _("open the activity from the course once more."),
        ),
        "column-gone": (
            _("The column of this activity was deleted in the gradebook."),
            _("open the activity from the course once more, or add it anew."),
        ),
    }
    if code in words:
        return Trouble(*words[code], code)
    return _general(code) or Trouble(
        _("The gradebook does not accept grades from Rounds."),
        _("send the code to your LMS administrator."),
        code,
    )


def paused(service: Condition) -> Trouble | None:
    """Why an LMS is left alone at present; None for one that is not."""
    if service.paused_until is None or service.code is None:
        return None
    return grade_service_problem(service.code)


def _general(code: str) -> Trouble | None:
    """What goes wrong with every service alike; None for any other code."""
    words = {
        "platform-unreachable": (
            _("The LMS does not answer."),
            _("try again in a minute. If it repeats, tell your LMS administrator."),
        ),
        "keys-blocked": (
            _("The LMS cannot read the keys of Rounds, so it does not let Rounds in."),
            _("ask your LMS administrator to let the LMS reach the address of Rounds."),
        ),
        "token-refused": (
            _("The LMS does not let Rounds in: it is switched off or registered anew there."),
            _("ask your LMS administrator to look at the registration of Rounds."),
        ),
        "address-refused": (
            _("The LMS named an address that Rounds does not call."),
            _("send the code to whoever runs Rounds."),
        ),
    }
    return Trouble(*words[code], code) if code in words else None
