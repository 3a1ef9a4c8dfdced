"""The views of the service side: line items, scores, results, roster, file progress."""

from collections.abc import Callable

from flask import Flask, Response, abort, request

from lti_tool.sandbox import routes
from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.flavours.canvas.copies import CanvasCopies
from lti_tool.sandbox.flavours.canvas.scores import CanvasScores

Headers = dict[str, str]
READ = (v.LINE_ITEM, v.LINE_ITEM_READ)


def install(app: Flask, lms: Lms) -> None:
    columns, scores, roster = lms.columns, lms.scores, lms.roster

    def add(name: str, method: str, scopes: tuple[str, ...], view: Callable[..., Response]) -> None:
        def guarded(**parts: str) -> Response:
            first = lms.platform.client.deployments[0]
            if parts.pop("deployment", first) != first:
                abort(400)
            lms.tokens.require(request.headers.get("Authorization"), scopes)
            return view(headers=dict(request.headers), **parts)

        routes.add(app, name, lms.flavour.paths[name], guarded, method)

    def list_columns(course: str, headers: Headers) -> Response:
        return columns.list(course, request.args, headers)

    def create_column(course: str, headers: Headers) -> Response:
        return columns.create(course, request.get_data(), headers)

    def update_column(course: str, column: str, headers: Headers) -> Response:
        return columns.update(course, column, request.get_data(), headers)

    def receive_score(course: str, column: str, headers: Headers) -> Response:
        return scores.receive(course, column, request.get_data(), headers)

    def list_results(course: str, column: str, headers: Headers) -> Response:
        return scores.results(course, column, request.args, headers)

    def list_members(course: str, headers: Headers) -> Response:
        return roster.answer(course, request.args, headers)

    add("lineitems", "GET", READ, list_columns)
    add("lineitems", "POST", (v.LINE_ITEM,), create_column)
    add("lineitem", "GET", READ, columns.get)
    add("lineitem", "PUT", (v.LINE_ITEM,), update_column)
    add("lineitem", "DELETE", (v.LINE_ITEM,), columns.delete)
    add("scores", "POST", (v.SCORE,), receive_score)
    add("results", "GET", (v.RESULT_READ,), list_results)
    add("roster", "GET", (v.ROSTER_READ,), list_members)
    if isinstance(scores, CanvasScores):
        # Only Canvas answers for one result, and for how the fetch of a file goes.
        add("progress", "GET", (v.PROGRESS_READ,), scores.progress)
        add("result", "GET", (v.RESULT_READ,), scores.one_result)
    if isinstance(lms.copies, CanvasCopies):
        notices = lms.copies.notices

        def put_handler(tool: str, headers: Headers) -> Response:
            return notices.put(tool, request.get_data(), headers)

        add("notices", "GET", (v.NOTICE_HANDLERS,), notices.list)
        add("notices", "PUT", (v.NOTICE_HANDLERS,), put_handler)
