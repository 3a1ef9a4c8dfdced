"""Registrations: the platforms that may launch us, as an operator enters and lists them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow.validate import Length, OneOf
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from lti_tool.db import insert_missing
from lti_tool.domain.errors import AddressRefused, RegistrationInvalid
from lti_tool.lms.addresses import check_address
from lti_tool.lms.products.base import Product
from lti_tool.lms.products.choose import PRODUCTS
from lti_tool.models.platform import Deployment, Platform
from lti_tool.services.audit import Audit

ID = Length(1, 255)
URL_LENGTH = 2000


def _address(value: str) -> None:
    """An http(s) address with a host. Whether it may be called is judged at every call."""
    try:
        check_address(value)
    except AddressRefused as error:
        raise ma.ValidationError(str(error)) from None
    if len(value) > URL_LENGTH or not value.isascii() or urlsplit(value).fragment:
        raise ma.ValidationError("too long, with a fragment, or with letters beyond ASCII")


class RegistrationSchema(ma.Schema):
    """What an LMS's administrator gives us, under the names of the columns."""

    issuer = ma.fields.String(required=True, validate=[ID, _address])
    client_id = ma.fields.String(required=True, validate=ID)
    name = ma.fields.String(load_default=None, allow_none=True, validate=ID)
    product = ma.fields.String(load_default=Product.name, validate=OneOf(PRODUCTS))
    auth_login_url = ma.fields.String(required=True, validate=_address)
    auth_token_url = ma.fields.String(required=True, validate=_address)
    auth_audience = ma.fields.String(load_default=None, allow_none=True, validate=Length(1, 2000))
    jwks_url = ma.fields.String(required=True, validate=_address)
    deployment_ids = ma.fields.List(ma.fields.String(validate=ID), load_default=list)


@dataclass(frozen=True, slots=True)
class PlatformView:
    """A registration as operators see it. `deployment_ids` are those known so far."""

    id: int
    name: str
    product: str
    issuer: str
    client_id: str
    auth_login_url: str
    auth_token_url: str
    auth_audience: str | None
    jwks_url: str
    deployment_ids: tuple[str, ...]
    scopes: tuple[str, ...] | None
    """The scopes that the LMS granted; None where nobody told."""


class Registrations:
    """Adds, updates and lists platforms."""

    def __init__(self, session: Session, now: datetime, audit: Audit) -> None:
        self._session = session
        self._now = now
        self._audit = audit

    def add(self, given: Mapping[str, Any], *, scopes: Sequence[str] | None = None) -> PlatformView:
        """Register a platform; the same issuer and client id again updates it.

        Deployments are only ever added, and `scopes` None leaves what was known of them. Raises
        RegistrationInvalid at the first faulty field.
        """
        try:
            values: dict[str, Any] = RegistrationSchema().load(given)
        except ma.ValidationError as error:
            field, problems = next(iter(error.messages_dict.items()))
            raise RegistrationInvalid(field, first_problem(problems)) from None
        deployment_ids = values.pop("deployment_ids")
        values["name"] = values["name"] or urlsplit(values["issuer"]).hostname
        key = {name: values[name] for name in ("issuer", "client_id")}
        known = self._session.scalar(select(Platform.id).filter_by(**key)) is not None
        insert_missing(
            self._session, Platform, values | {"created_at": self._now}, ["issuer", "client_id"]
        )
        row = self._session.scalars(select(Platform).filter_by(**key).with_for_update()).one()
        for name, value in values.items():
            setattr(row, name, value)
        if scopes is not None:
            row.scopes = list(scopes)
        for deployment_id in deployment_ids:
            self._add_deployment(row, deployment_id)
        self._session.flush()
        action = "platform-updated" if known else "platform-registered"
        self._audit.record(None, action, "platform", row.id, **key)
        return _shown(row)

    def all(self) -> list[PlatformView]:
        """Every platform, in the order in which they were registered."""
        rows = self._session.scalars(
            select(Platform).options(selectinload(Platform.deployments)).order_by(Platform.id)
        )
        return [_shown(row) for row in rows]

    def _add_deployment(self, platform: Platform, deployment_id: str) -> None:
        values = {
            "platform_id": platform.id,
            "deployment_id": deployment_id,
            "hosts": [],
            "first_seen_at": self._now,
        }
        insert_missing(self._session, Deployment, values, ["platform_id", "deployment_id"])


def _shown(row: Platform) -> PlatformView:
    return PlatformView(
        id=row.id,
        name=row.name,
        product=row.product,
        issuer=row.issuer,
        client_id=row.client_id,
        auth_login_url=row.auth_login_url,
        auth_token_url=row.auth_token_url,
        auth_audience=row.auth_audience,
        jwks_url=row.jwks_url,
        deployment_ids=tuple(sorted(one.deployment_id for one in row.deployments)),
        scopes=None if row.scopes is None else tuple(row.scopes),
    )


def first_problem(problems: Any) -> str:
    """The first message in marshmallow's nest of lists and dicts."""
    while not isinstance(problems, str):
        problems = next(iter(problems.values() if isinstance(problems, dict) else problems))
    return problems
