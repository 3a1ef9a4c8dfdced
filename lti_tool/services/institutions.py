"""Institutions: what the school of a platform puts on its certificates, as operators enter it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import marshmallow as ma
from marshmallow.validate import Email, Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.db import insert_or_lock
from lti_tool.domain.certificate import Signatory, tidy
from lti_tool.domain.errors import InstitutionInvalid, NoSuchThing
from lti_tool.models.activity import Activity
from lti_tool.models.course import Course
from lti_tool.models.issuer import Institution
from lti_tool.models.platform import Deployment, Platform
from lti_tool.pdf import Logo, designs
from lti_tool.services.audit import Audit
from lti_tool.services.registrations import first_problem

MOST_SIGNATORIES = 4
"""As many as stand beside each other on a sheet."""


class _Line(ma.fields.String):
    """One line of text that no mark in it can turn round: see `certificate.tidy`."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return tidy(super()._deserialize(value, *args, **kwargs))


class SignatorySchema(ma.Schema):
    """Someone who answers for the certificates."""

    name = _Line(required=True, validate=Length(1, 200))
    role = _Line(required=True, validate=Length(1, 200))


class InstitutionSchema(ma.Schema):
    """What may be changed; what is not named stays. An empty text takes away what was there."""

    name = _Line(validate=Length(max=500))
    url = ma.fields.Url(schemes={"http", "https"}, require_tld=False, validate=Length(max=2000))
    email = ma.fields.String(validate=[Email(), Length(max=320)])
    wording = _Line(validate=Length(max=1000))
    signatories = ma.fields.List(
        ma.fields.Nested(SignatorySchema), validate=Length(max=MOST_SIGNATORIES)
    )


@dataclass(frozen=True, slots=True)
class InstitutionView:
    """A school. Texts are "" and the others empty where it gave nothing."""

    name: str = ""
    url: str = ""
    email: str = ""
    wording: str = ""
    signatories: tuple[Signatory, ...] = ()
    logo: Logo | None = field(default=None, repr=False)


class Institutions:
    """Reads and changes what schools put on certificates."""

    def __init__(
        self, session: Session, now: datetime, audit: Audit, design_folders: Sequence[Path]
    ) -> None:
        self._session = session
        self._now = now
        self._audit = audit
        self._design_folders = design_folders

    def of(self, platform_id: int) -> InstitutionView:
        """The school of a platform; an empty one where nothing was entered."""
        row = self._session.get(Institution, platform_id)
        return _view(row) if row else InstitutionView()

    def get(self, platform_id: int) -> InstitutionView:
        """The same; NoSuchThing where no platform has that number."""
        if self._session.get(Platform, platform_id) is None:
            raise NoSuchThing(f"there is no platform {platform_id}")
        return self.of(platform_id)

    def change(
        self, platform_id: int, given: Mapping[str, Any], logo: Logo | None = None
    ) -> InstitutionView:
        """Change what is named in `given`, and the logo where there is one.

        It stands on certificates that are issued from now on. Raises NoSuchThing, and
        InstitutionInvalid at the first faulty field, or one that a chosen design needs.
        """
        values = _checked(given)
        row = self._row(platform_id)
        for name, value in values.items():
            setattr(row, name, value)
        if logo is not None:
            row.logo, row.logo_type = logo.content, logo.media_type
        return self._changed(row, [*values, *(["logo"] if logo else [])])

    def drop_logo(self, platform_id: int) -> InstitutionView:
        """Show no logo any more. Raises NoSuchThing, and InstitutionInvalid where one is needed."""
        row = self._row(platform_id)
        row.logo = row.logo_type = None
        return self._changed(row, ["logo"])

    def _row(self, platform_id: int) -> Institution:
        if self._session.get(Platform, platform_id) is None:
            raise NoSuchThing(f"there is no platform {platform_id}")
        empty = {"platform_id": platform_id, "signatories": [], "updated_at": self._now}
        texts = dict.fromkeys(("name", "url", "email", "wording"), "")
        return insert_or_lock(self._session, Institution, empty | texts, ["platform_id"])

    def _changed(self, row: Institution, fields: Sequence[str]) -> InstitutionView:
        row.updated_at = self._now
        self._session.flush()
        self._keep_needed(row, fields)
        self._audit.record(
            None, "institution-changed", "platform", row.platform_id, fields=sorted(fields)
        )
        return _view(row)

    def _keep_needed(self, row: Institution, fields: Sequence[str]) -> None:
        """Refuse to take away what a chosen design needs: no file could be made of the next
        certificates, and what they say is frozen by then.
        """
        chosen = set(
            self._session.scalars(
                select(Activity.design)
                .join(Activity.course)
                .join(Course.deployment)
                .where(Deployment.platform_id == row.platform_id)
            )
        )
        for design in designs(self._design_folders):
            for need in design.needs:
                if design.name in chosen and need in fields and not getattr(row, need):
                    raise InstitutionInvalid(
                        need, f"activities have chosen the design {design.name!r}, which needs it"
                    )


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values; an empty address of page or post is none, and so no faulty one."""
    emptied = {name: "" for name in ("url", "email") if given.get(name) == ""}
    try:
        rest = {name: value for name, value in given.items() if name not in emptied}
        values: dict[str, Any] = InstitutionSchema().load(rest)
    except ma.ValidationError as error:
        field, problems = next(iter(error.messages_dict.items()))
        raise InstitutionInvalid(field, first_problem(problems)) from None
    return values | emptied


def _view(row: Institution) -> InstitutionView:
    return InstitutionView(
        name=row.name,
        url=row.url,
        email=row.email,
        wording=row.wording,
        signatories=tuple(Signatory(one["name"], one["role"]) for one in row.signatories),
        logo=Logo(row.logo, row.logo_type or "") if row.logo else None,
    )
