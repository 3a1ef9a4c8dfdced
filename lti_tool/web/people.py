"""The page of everyone in the course: how current the list is, and who may do what."""

from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Response

from lti_tool.domain.people import Role
from lti_tool.web.forms import NUMBER, read
from lti_tool.web.look import ago
from lti_tool.web.paging import paged, searched
from lti_tool.web.service_words import roster_problem
from lti_tool.web.session import actor, launched, rounds
from lti_tool.web.tabs import tabs
from lti_tool.web.waiting import looks_again

FROM_LMS = "lms"
"""The choice that takes a role by hand back."""


class RoleSchema(Schema):
    """Whose role is set to what, and the part of the list the button stood in."""

    person = fields.Integer(required=True, validate=NUMBER, metadata={"hidden": True})
    role = fields.String(
        required=True, validate=validate.OneOf([*Role, FROM_LMS]), metadata={"hidden": True}
    )
    q = fields.String(load_default=None, metadata={"hidden": True})
    page = fields.Integer(load_default=None, validate=NUMBER, metadata={"hidden": True})


@launched.get("/people")
def people() -> str | Response:
    """Everyone in the course with the role that holds."""
    search = searched()
    with rounds().reading() as unit:
        # Its age first: a list that is stored meanwhile is then shown without its age, and the page
        # asks again. The other way round an age would stand above nobody.
        roster = unit.people.roster_age(actor().course)
        members = unit.people.members(actor())
        now = unit.now
    wanted = search.casefold()
    found = [one for one in members if wanted in one.person.name.casefold()]
    page = render_template(
        "people/list.html",
        roster=roster,
        listed=sum(one.listed for one in members),
        age=ago(roster.at, now) if roster.at else "",
        problem=roster_problem(roster.problem) if roster.problem else None,
        page=paged(found, search),
        myself=actor().person,
        words=_roles(),
        from_lms=FROM_LMS,
        changed=request.args.get("changed", type=int),
        tabs=tabs("launched.people"),
    )
    return looks_again(page) if roster.coming else page


@launched.post("/people/refresh")
def refresh_roster() -> Response:
    """Ask the LMS for its list of people now."""
    with rounds().work() as unit:
        unit.rosters.refresh(actor())
    return redirect(url_for("launched.people"), HTTPStatus.SEE_OTHER)


@launched.post("/people")
def set_role() -> Response:
    """Give someone a role by hand, or leave it to the LMS again."""
    values = read(RoleSchema(), request.form).or_refuse()
    role = None if values["role"] == FROM_LMS else Role(values["role"])
    with rounds().work() as unit:
        unit.people.set_role(actor(), values["person"], role)
    back = url_for("launched.people", q=values["q"], page=values["page"], changed=values["person"])
    return redirect(back, HTTPStatus.SEE_OTHER)


def _roles() -> dict[str, str]:
    return {
        Role.COURSE_LEAD: _("Course lead"),
        Role.SUPERVISOR: _("Supervisor"),
        Role.INTERN: _("Intern"),
        Role.OBSERVER: _("Observer"),
        Role.NONE: _("No role"),
    }
