"""Everything one platform holds, as plain data for tests to look at."""

from typing import Any

from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.gradebook import Column, Grade, StoredFile
from lti_tool.sandbox.world import Course, Person

Body = dict[str, Any]


def snapshot(lms: Lms) -> Body:
    """Everything of one platform, as plain data."""
    with lms.platform.lock:
        return {
            "switches": vars(lms.platform.switches),
            "client": client_shown(lms),
            "columns": [_column_shown(lms, c) for c in lms.platform.book.columns.values()],
            "launches": [
                {
                    "person": launch.person.key,
                    "course": launch.course.key,
                    "activity": launch.activity.key,
                    "message": launch.message,
                    "target_link_uri": lms.claims.target_link_uri(launch),
                    "about": launch.about.key if launch.about else None,
                    "used": launch.used,
                }
                for launch in lms.platform.launches.values()
            ],
            "courses": {c.key: course_shown(lms, c) for c in lms.platform.world.courses.values()},
            "notice_handlers": [
                {"deployment_id": deployment, "notice_type": kind, "handler": handler}
                for (deployment, kind), handler in lms.platform.handlers.items()
            ],
            "notices": [vars(sent) for sent in lms.platform.notices],
            "log": [vars(event) | {"at": event.at.isoformat()} for event in lms.platform.log],
        }


def client_shown(lms: Lms) -> Body:
    """The registered tool; `document` is what it sent to register itself, as it came."""
    client = lms.platform.client
    return vars(client) | {"placements": [vars(place) for place in client.placements]}


def course_shown(lms: Lms, course: Course) -> Body:
    return {
        "course": course.key,
        "title": course.title,
        "context_id": lms.claims.context_id(course),
        "copied_from": course.copied_from or None,
        "history": list(course.history),
        "links": {
            activity.key: vars(activity) | {"id": lms.claims.link_id(course, activity)}
            for activity in course.activities.values()
        },
    }


def _column_shown(lms: Lms, column: Column) -> Body:
    where = lms.platform.world.courses[column.course]
    people = lms.platform.world.people
    return {
        "id": column.id,
        "url": lms.claims.column_url(where, column.id),
        "course": column.course,
        "activity": column.activity,
        "label": column.label,
        "maximum": column.maximum,
        "coupled": column.coupled,
        "resource_id": column.resource_id,
        "tag": column.tag,
        "grades": {
            key: grade_shown(lms, people[key], cell)
            for (column_id, key), cell in lms.platform.book.grades.items()
            if column_id == column.id
        },
    }


def grade_shown(lms: Lms, person: Person, cell: Grade) -> Body:
    return {
        "name": person.name,
        "score": cell.shown,
        "needs_grading": cell.needs_grading,
        "locked": cell.locked,
        "override": cell.override,
        "comments": [
            {"text": c.text, "author": c.author, "at": c.at.isoformat()} for c in cell.comments
        ],
        "attempts": [
            {
                "submitted_at": attempt.submitted_at.isoformat(),
                "kind": attempt.kind,
                "late": attempt.late,
                "data": attempt.data,
                "files": [_file(lms, file) for file in attempt.files],
            }
            for attempt in cell.attempts
        ],
        "history": cell.history,
    }


def _file(lms: Lms, file: StoredFile) -> Body:
    return {
        "id": file.id,
        "title": file.title,
        "media_type": file.media_type,
        "served_as": file.served_as,
        "url": file.url,
        "state": file.state,
        "message": file.message,
        "size": len(file.content),
        "sha256": file.sha256,
        "download": f"{lms.platform.origins.pages}/files/{file.id}",
    }
