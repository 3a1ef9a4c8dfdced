"""The control interface: tests and the demo change the pretend LMS and read all it holds."""

from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Response, request
from marshmallow import Schema, ValidationError

from lti_tool.sandbox.answers import Refusal, answer, dump
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.flavours.canvas.copies import CanvasCopies
from lti_tool.sandbox.forge import forge
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.orders import (
    ActivityBody,
    CopyBody,
    CourseBody,
    EnrolmentBody,
    FaultBody,
    GradeBody,
    InviteBody,
    KeysBody,
    NoBody,
    NoticeBody,
    ReviewBody,
    SignBody,
    SwitchesBody,
)
from lti_tool.sandbox.platform import Fault
from lti_tool.sandbox.snapshot import client_shown, course_shown, grade_shown, snapshot
from lti_tool.sandbox.world import Activity, Course, Enrolment, Person

Body = dict[str, Any]


def keys(lms: Lms, body: Body) -> Any:
    ring = lms.platform.keys
    (ring.replace if body["how"] == "replace" else ring.rotate)()
    return ring.jwks()


def switches(lms: Lms, body: Body) -> Any:
    for name, value in body.items():
        setattr(lms.platform.switches, name, value)
    return vars(lms.platform.switches)


def fault(lms: Lms, body: Body) -> Any:
    lms.platform.faults.append(Fault(**body))
    return {"waiting": len(lms.platform.faults)}


def no_faults(lms: Lms, body: Body) -> Any:
    lms.platform.faults.clear()
    return {"waiting": 0}


def activity(lms: Lms, body: Body) -> Any:
    course, found = _activity(lms, body.pop("activity"))
    for name, value in body.items():
        setattr(found, name, value)
    column = lms.platform.book.column_of(course, found)
    if column is not None:
        column.maximum = found.points
    return {"activity": found.key}


def course(lms: Lms, body: Body) -> Any:
    """Concluding a course ends every enrolment in it, as an administrator's button does."""
    found = _course(lms, body.pop("course"))
    for name, value in body.items():
        setattr(found, name, value)
    for enrolment in found.enrolments.values():
        if body.get("concluded"):
            enrolment.state = "concluded"
        elif "concluded" in body and enrolment.state == "concluded":
            enrolment.state = "active"
    return {"course": found.key}


def enrolment(lms: Lms, body: Body) -> Any:
    found, person = _course(lms, body["course"]), _person(lms, body["person"])
    if body.get("state") == "removed":
        found.enrolments.pop(person.key, None)
        return {"state": "removed"}
    default = Enrolment(tuple(body.get("kinds", ("student",))))
    there = found.enrolments.setdefault(person.key, default)
    there.state = body.get("state", there.state)
    there.kinds = tuple(body.get("kinds", there.kinds))
    there.role_name = body.get("role_name", there.role_name)
    return {"state": there.state}


def grade(lms: Lms, body: Body) -> Any:
    """What a teacher does by hand: lock, unlock, type a grade over, take it back."""
    column, person = _column(lms, body), _person(lms, body["person"])
    with lms.platform.lock:
        cell = lms.platform.book.grade(column, person)
        cell.locked = body.get("locked", cell.locked)
        if "override" in body:
            lms.scores.override(column, cell, body["override"])
    return grade_shown(lms, person, cell)


def copy(lms: Lms, body: Body) -> Any:
    """A new course with the content of another; or a page of it `into` one that is there."""
    source = _course(lms, body["course"])
    if not body["into"]:
        return course_shown(lms, lms.copies.copy(source, body["published"]))
    there = _course(lms, body["into"])
    lms.copies.take_from(there, source)
    return course_shown(lms, there)


def notice(lms: Lms, body: Body) -> Any:
    """Tell of a copy by hand, truly or as a forger would."""
    if not isinstance(lms.copies, CanvasCopies):
        refuse(404, "this LMS sends no notices")
    found = _course(lms, body["course"])
    origins = found.history[:1] if body["origins"] is None else tuple(body["origins"])
    for key in origins:
        _course(lms, key)
    notices = lms.copies.notices
    sent = notices.send_copy(found, origins, body["how"], body["set"], body["to"])
    return vars(sent) if sent else refuse(404, "nobody asked for notices of this course")


def clear(lms: Lms, body: Body) -> Any:
    lms.platform.reset()
    return {"cleared": lms.key}


def invite(lms: Lms, body: Body) -> Any:
    """A registration begun without a browser; `address` is the tool's own, ready to be opened."""
    token = lms.registrar.invite(update=body["update"])
    return {
        "openid_configuration": lms.registrar.configuration_address(token),
        "registration_token": token,
        "address": lms.registrar.opened(body["url"], token) if body["url"] else None,
    }


def review(lms: Lms, body: Body) -> Any:
    lms.registrar.review(**body)
    return client_shown(lms)


def sign(lms: Lms, body: Body) -> Any:
    where, found = _activity(lms, body.pop("activity"))
    return {"id_token": forge(lms, _person(lms, body.pop("person")), where, found, **body)}


ACTIONS: dict[str, tuple[type[Schema], Callable[[Lms, Body], Any]]] = {
    "keys": (KeysBody, keys),
    "switches": (SwitchesBody, switches),
    "fault": (FaultBody, fault),
    "no-faults": (NoBody, no_faults),
    "activity": (ActivityBody, activity),
    "course": (CourseBody, course),
    "enrolment": (EnrolmentBody, enrolment),
    "grade": (GradeBody, grade),
    "copy": (CopyBody, copy),
    "notice": (NoticeBody, notice),
    "clear": (NoBody, clear),
    "invite": (InviteBody, invite),
    "review": (ReviewBody, review),
    "sign": (SignBody, sign),
}


def install(app: Flask, houses: dict[str, Lms]) -> None:
    def act(flavour: str, action: str) -> Response:
        # Only JSON: a page of another site cannot send that without asking first.
        if not request.is_json:
            refuse(415, "send application/json")
        if flavour not in houses or action not in ACTIONS:
            refuse(404, "no such flavour or action")
        schema, run = ACTIONS[action]
        try:
            body: Body = schema().load(request.get_json(silent=True) or {})
        except ValidationError as error:
            refuse(400, dump(error.messages))
        return answer(run(houses[flavour], body))

    def state() -> Response:
        return answer({key: snapshot(lms) for key, lms in houses.items()})

    app.add_url_rule("/control/<flavour>/<action>", "control", act, methods=["POST"])
    app.add_url_rule("/control/state.json", "state", state)


def refuse(status: int, words: str) -> NoReturn:
    raise Refusal(status, dump({"error": words}))


# -- finding ---------------------------------------------------------------------------------------


def _course(lms: Lms, key: str) -> Course:
    found = lms.platform.world.courses.get(key)
    return found if found is not None else refuse(404, f"no course {key}")


def _activity(lms: Lms, key: str) -> tuple[Course, Activity]:
    try:
        return lms.platform.world.activity(key)
    except KeyError:
        refuse(404, f"no activity {key}")


def _person(lms: Lms, key: str) -> Person:
    found = lms.platform.world.people.get(key)
    return found if found is not None else refuse(404, f"no person {key}")


def _column(lms: Lms, body: Body) -> Column:
    if "column" in body:
        found = lms.platform.book.columns.get(body["column"])
    else:
        found = lms.platform.book.column_of(*_activity(lms, body.get("activity", "")))
    return found if found is not None else refuse(404, "no such column")
