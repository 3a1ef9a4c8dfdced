"""Copying a course: new ids for all that is in it, and no grades."""

from dataclasses import replace

from lti_tool.sandbox.claims import Claims
from lti_tool.sandbox.gradebook import Column
from lti_tool.sandbox.platform import Platform
from lti_tool.sandbox.world import Activity, Course, Enrolment


class Copies:
    """The standard: links keep their `url` and `custom`, line items `resourceId` and `tag`.

    The same people are in the copy, so that everybody can be tried there.
    """

    def __init__(self, platform: Platform, claims: Claims) -> None:
        self.platform = platform
        self.claims = claims

    def copy(self, source: Course, published: bool = True) -> Course:
        """A new course beside the others. Its activities keep their keys within it."""
        with self.platform.lock:
            copied = self._course(source, published)
            self.platform.world.courses[copied.key] = copied
            for column in self.platform.book.of_course(source):
                self.platform.book.add(self._column(column, source, copied))
        self.platform.note("Course copied", f"{source.title} is now {copied.title} too.")
        self.tell(copied, source)
        return copied

    def take_from(self, course: Course, source: Course) -> None:
        """Import a page of another course: only the history tells."""
        course.history = (source.key, *source.history, *course.history)
        self.platform.note("Course imported", f"A page of {source.title} into {course.title}.")
        self.tell(course, source)

    def tell(self, course: Course, source: Course) -> None:
        """Whoever asked to hear of copies is told; by the standard nobody can ask."""

    def keeps_ids(self) -> bool:
        """Whether a copied line item has the `resourceId` and `tag` of its original."""
        return True

    def _course(self, source: Course, published: bool) -> Course:
        courses = self.platform.world.courses
        number = max(course.number for course in courses.values()) + 1
        next_link = 1 + max(
            activity.number
            for course in courses.values()
            for activity in course.activities.values()
        )
        return Course(
            key=f"{source.key}-copy-{number}",
            number=number,
            label=f"{source.label}-{number}",
            title=f"{source.title}, copy {number}",
            deployment=source.deployment,
            enrolments={key: _again(enrolment) for key, enrolment in source.enrolments.items()},
            activities={
                key: _activity_again(activity, next_link + place, published)
                for place, (key, activity) in enumerate(source.activities.items())
            },
            copied_from=source.key,
            history=(source.key, *source.history),
        )

    def _column(self, column: Column, source: Course, copied: Course) -> Column:
        kept = self.keeps_ids()
        return replace(
            column,
            id=self.platform.book.number(),
            course=copied.key,
            link_id=self._new_link(column.link_id, source, copied),
            extra=dict(column.extra),
            resource_id=column.resource_id if kept else "",
            tag=column.tag if kept else "",
        )

    def _new_link(self, link_id: str, source: Course, copied: Course) -> str:
        for key, activity in source.activities.items():
            if link_id == self.claims.link_id(source, activity):
                return self.claims.link_id(copied, copied.activities[key])
        return ""


def _again(enrolment: Enrolment) -> Enrolment:
    return replace(enrolment, state="active")


def _activity_again(activity: Activity, number: int, published: bool) -> Activity:
    return replace(
        activity,
        number=number,
        custom=dict(activity.custom),
        published=activity.published and published,
    )
