"""Platform Storage's frame, served where people sign in, and the log of what it was asked.

Canvas: app/controllers/lti/platform_storage_controller.rb, ui/features/post_message_forwarding.
"""

from flask import Flask, Response, abort, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from lti_tool.sandbox import routes
from lti_tool.sandbox.flavour import Lms

FRAME_NAME = "post_message_forwarding"
REPORT_PATH = "/storage/passed/<school>"
DONE = {"lti.put_data": "put", "lti.get_data": "asked for", "lti.capabilities": "asked what it can"}


class PassedBody(Schema):
    """One message and its answer, as the browser tells it; values stay in the browser."""

    class Meta:
        unknown = EXCLUDE

    subject = fields.String(required=True, validate=validate.OneOf(DONE))
    key = fields.String(load_default="", validate=validate.Length(max=5000))
    origin = fields.String(load_default="")
    error = fields.String(load_default="")


def report_path(lms: Lms) -> str:
    return REPORT_PATH.replace("<school>", lms.key)


def frame_address(lms: Lms) -> str:
    """The address of the frame beside the tool's own; empty where there is none."""
    if lms.login.storage_target() != FRAME_NAME:
        return ""
    return f"{lms.platform.address('storage')}?school={lms.key}"


def install_frame(app: Flask, houses: list[Lms]) -> None:
    """The frame itself: it tells the schools of one sign-in apart."""
    by_key = {lms.key: lms for lms in houses}

    def frame() -> str:
        lms = by_key.get(request.args.get("school", "")) or abort(404)
        return render_template("storage.html", lms=lms, report=report_path(lms))

    routes.add(app, "storage", houses[0].flavour.paths["storage"], frame, "GET")


def install_report(app: Flask, houses: list[Lms]) -> None:
    """Where the frame, or a page that stores by itself, tells what passed."""
    by_key = {lms.key: lms for lms in houses}

    def passed(school: str) -> Response:
        lms = by_key.get(school) or abort(404)
        if not request.is_json:
            abort(415)
        try:
            body = PassedBody().load(request.get_json(silent=True) or {})
        except ValidationError:
            abort(400)
        words = f"The tool {DONE[body['subject']]} {body['key'][:60]}".rstrip()
        lms.platform.note("Storage", f"{words}: {body['error'] or 'done'}.", body)
        return Response(status=204)

    app.add_url_rule(REPORT_PATH, "storage-passed", passed, methods=["POST"])
