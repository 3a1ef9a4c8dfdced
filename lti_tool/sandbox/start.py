"""The start page, and what scripts ask of it: registrations and a directory of pages."""

from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request

from lti_tool.sandbox.answers import answer
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.pages import Pages
from lti_tool.sandbox.world import Course

WORK_PAGES = ("review", "grade_analysis", "speedgrader", "submission")


def install(app: Flask, houses: dict[str, Pages], start: str) -> None:
    def index() -> str:
        return render_template("start.html", houses=houses.values(), start=start)

    def registrations() -> Response:
        return answer({key: registration(pages.lms) for key, pages in houses.items()})

    def directory() -> Response:
        return answer({key: _directory(pages) for key, pages in houses.items()})

    def go() -> Any:
        """Where the strip at the top leads: another person, or another flavour's first course."""
        pages = houses.get(request.args.get("flavour", "")) or abort(404)
        world = pages.lms.platform.world
        course = world.courses.get(request.args.get("course", "")) or world.courses["internship"]
        person = world.people.get(request.args.get("as", "")) or pages.first_person(course)
        activity = course.activities.get(request.args.get("activity", ""))
        if activity is not None:
            return redirect(pages.activity_address(course, activity, person))
        return redirect(pages.course_address(course, person))

    app.add_url_rule("/", "start", index)
    app.add_url_rule("/go", "go", go)
    app.add_url_rule("/registrations.json", "registrations", registrations)
    app.add_url_rule("/directory.json", "directory", directory)


def registration(lms: Lms) -> dict[str, Any]:
    """All that `rounds platform add` asks for. `product` is null where there is none to name."""
    platform = lms.platform
    return {
        "name": platform.identity.school + f" ({platform.identity.title})",
        "product": platform.identity.product,
        "issuer": platform.origins.issuer,
        "client_id": platform.identity.client_id,
        "auth_login_url": platform.address("auth"),
        "auth_token_url": platform.address("token"),
        "jwks_url": platform.address("jwks"),
        "deployment_ids": sorted(set(platform.identity.deployments)),
    }


def _directory(pages: Pages) -> dict[str, Any]:
    world = pages.lms.platform.world
    return {
        "title": pages.lms.platform.identity.title,
        "admin": pages.lms.platform.address("admin"),
        "people": {
            person.key: {
                "name": person.name,
                "what": person.what,
                "ref": pages.lms.people.ref(person),
            }
            for person in world.people.values()
        },
        "courses": {
            course.key: {
                "title": course.title,
                "page": pages.course_address(course, pages.first_person(course)),
                "grades": pages.grades_address(course, pages.first_person(course)),
                "people": [person.key for person in pages.people_of(course)],
                "work": _work(pages, course),
                "activities": {
                    activity.key: pages.activity_address(
                        course, activity, pages.first_person(course)
                    ).rpartition("as=")[0]
                    + "as="
                    for activity in course.activities.values()
                },
            }
            for course in world.courses.values()
        },
    }


def _work(pages: Pages, course: Course) -> dict[str, dict[str, str]]:
    """Pages about one student's work, by activity; `<student>` stands for a person's `ref`."""
    lms, viewer = pages.lms, pages.first_person(course)
    names = [name for name in WORK_PAGES if name in lms.flavour.paths]
    parts = {"course": lms.claims.course_ref(course)}
    return {
        activity.key: {
            name: pages.address(
                name, viewer, activity=lms.claims.activity_ref(activity), **parts
            ).rpartition("as=")[0]
            + "as="
            for name in names
        }
        for activity in course.activities.values()
    }
