"""What may stand in the body of each control request."""

from marshmallow import Schema, fields, validate

from lti_tool.sandbox.faults import TARGETS
from lti_tool.sandbox.flavours.canvas.notices import WAYS

# How Platform Storage answers: well, or with the one trouble named.
STORAGE = ("answers", "silent", "wrong-origin", "wrong-message-id", "exhausted", "tampered")


class KeysBody(Schema):
    how = fields.String(load_default="rotate", validate=validate.OneOf(["rotate", "replace"]))


class SwitchesBody(Schema):
    privacy = fields.String(
        validate=validate.OneOf(["public", "name_only", "email_only", "anonymous"])
    )
    storage_target = fields.Boolean()
    storage_parent = fields.Boolean()
    storage = fields.String(validate=validate.OneOf(STORAGE))
    scopes = fields.List(fields.String())
    delayed_files = fields.Boolean()
    file_delay = fields.Float()
    file_connect_timeout = fields.Float()
    file_read_timeout = fields.Float()
    clock_offset = fields.Float()
    keys_blocked = fields.Boolean()
    tool_active = fields.Boolean()
    tell_deployment = fields.Boolean()
    accept_multiple = fields.Boolean()
    line_items_ignored = fields.Boolean()
    link_lost = fields.Boolean()
    history = fields.String(validate=validate.OneOf(["whole", "truncated", "timed-out"]))
    copied_ids = fields.Boolean()
    roster_page = fields.Integer(validate=validate.Range(1, 50))


class FaultBody(Schema):
    where = fields.String(required=True, validate=validate.OneOf([*TARGETS, "*"]))
    times = fields.Integer(load_default=1)
    status = fields.Integer(load_default=None, allow_none=True)
    body = fields.String(load_default="")
    headers = fields.Dict(fields.String(), fields.String(), load_default=dict)
    delay = fields.Float(load_default=0.0)
    drop = fields.Boolean(load_default=False)


class ActivityBody(Schema):
    activity = fields.String(required=True)
    published = fields.Boolean()
    points = fields.Decimal()
    attempts_allowed = fields.Integer(allow_none=True)
    due = fields.AwareDateTime(allow_none=True)
    custom = fields.Dict(fields.String(), fields.String())


class CourseBody(Schema):
    course = fields.String(required=True)
    concluded = fields.Boolean()
    late_percent_a_day = fields.Integer()


class EnrolmentBody(Schema):
    course = fields.String(required=True)
    person = fields.String(required=True)
    state = fields.String(
        validate=validate.OneOf(["active", "invited", "suspended", "concluded", "removed"])
    )
    kinds = fields.List(fields.String())
    role_name = fields.String()


class GradeBody(Schema):
    activity = fields.String()
    column = fields.String()
    person = fields.String(required=True)
    locked = fields.Boolean()
    override = fields.Decimal(allow_none=True)


class CopyBody(Schema):
    course = fields.String(required=True)
    published = fields.Boolean(load_default=True)
    into = fields.String(load_default="")


class NoticeBody(Schema):
    course = fields.String(required=True)
    origins = fields.List(fields.String(), load_default=None)
    how = fields.String(load_default="true", validate=validate.OneOf(WAYS))
    set = fields.Dict(fields.String(), fields.Raw(allow_none=True), load_default=dict)
    to = fields.String(load_default="")


class SignBody(Schema):
    person = fields.String(required=True)
    activity = fields.String(required=True)
    nonce = fields.Raw(load_default="nonce")
    key = fields.String(
        load_default="present",
        validate=validate.OneOf(["present", "oldest", "newest", "foreign", "none"]),
    )
    set = fields.Dict(fields.String(), fields.Raw(allow_none=True), load_default=dict)
    remove = fields.List(fields.String(), load_default=list)
    payload = fields.Raw(allow_none=True)
    header = fields.Dict(fields.String(), fields.Raw(allow_none=True), load_default=dict)
    header_remove = fields.List(fields.String(), load_default=list)


class InviteBody(Schema):
    url = fields.Url(load_default=None, require_tld=False)
    update = fields.Boolean(load_default=False)


class ReviewBody(Schema):
    active = fields.Boolean()
    offered = fields.Boolean()
    privacy = fields.String(
        validate=validate.OneOf(["public", "name_only", "email_only", "anonymous"])
    )
    drop_scopes = fields.List(fields.String())
    drop_placements = fields.List(fields.String())


class NoBody(Schema):
    pass
