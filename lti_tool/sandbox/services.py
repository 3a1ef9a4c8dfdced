"""The views of the service side: line items, scores, results, roster, file progress."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from lti_tool.sandbox import routes
from lti_tool.sandbox import vocabulary as v
from lti_tool.sandbox.flavour import Lms
from lti_tool.sandbox.flavours.canvas.scores import CanvasScores

READ = (v.LINE_ITEM, v.LINE_ITEM_READ)


def install(app: Flask, lms: Lms) -> None:
    columns, scores, roster = lms.columns, lms.scores, lms.roster

    def add(name: str, method: str, scopes: tuple[str, ...], view: Callable[..., Any]) -> None:
        def guarded(**parts: str) -> Any:
            lms.tokens.require(request.headers.get("Authorization"), scopes)
            return view(**parts)

        routes.add(app, name, lms.flavour.paths[name], guarded, method)

    def list_columns(course: str) -> Response:
        return columns.list(course, request.args, dict(request.headers))

    def create_column(course: str) -> Response:
        return columns.create(course, request.get_data(), dict(request.headers))

    def get_column(course: str, column: str) -> Response:
        return columns.get(course, column, dict(request.headers))

    def update_column(course: str, column: str) -> Response:
        return columns.update(course, column, request.get_data(), dict(request.headers))

    def delete_column(course: str, column: str) -> Response:
        return columns.delete(course, column)

    def receive_score(course: str, column: str) -> Response:
        return scores.receive(course, column, request.get_data(), dict(request.headers))

    def list_results(course: str, column: str) -> Response:
        return scores.results(course, column, request.args, dict(request.headers))

    def list_members(course: str) -> Response:
        return roster.answer(course, request.args, dict(request.headers))

    add("lineitems", "GET", READ, list_columns)
    add("lineitems", "POST", (v.LINE_ITEM,), create_column)
    add("lineitem", "GET", READ, get_column)
    add("lineitem", "PUT", (v.LINE_ITEM,), update_column)
    add("lineitem", "DELETE", (v.LINE_ITEM,), delete_column)
    add("scores", "POST", (v.SCORE,), receive_score)
    add("results", "GET", (v.RESULT_READ,), list_results)
    add("roster", "GET", (v.ROSTER_READ,), list_members)
    if isinstance(scores, CanvasScores):
        add_canvas(add, scores)


def add_canvas(add: Callable[..., None], scores: CanvasScores) -> None:
    """What only Canvas has: one result by its address, and how a file's fetch goes."""

    def get_progress(course: str, file: str) -> Response:
        return scores.progress(course, file)

    def get_result(course: str, column: str, result: str) -> Response:
        return scores.one_result(course, column, result)

    add("progress", "GET", (v.PROGRESS_READ,), get_progress)
    add("result", "GET", (v.RESULT_READ,), get_result)
