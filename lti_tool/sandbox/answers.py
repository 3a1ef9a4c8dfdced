"""What a service answers: JSON of an exact media type, or a refusal that any rule may raise."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flask import Response


class Refusal(Exception):
    """A request the pretend LMS turns down, with the very answer it gives."""

    def __init__(
        self,
        status: int | str,
        body: str,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}: {body[:200]}")
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = dict(headers or {})

    def response(self) -> Response:
        return Response(
            self.body, status=self.status, content_type=self.content_type, headers=self.headers
        )


def plain_number(value: object) -> int | float | str:
    """A Decimal as JSON writes numbers: whole ones without a point. Used as json's `default`."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def dump(data: Any) -> str:
    return json.dumps(data, default=plain_number, ensure_ascii=False)


def readable(data: Any) -> str:
    """JSON set out for a person."""
    return json.dumps(data, default=plain_number, ensure_ascii=False, indent=2)


def answer(
    data: Any,
    content_type: str = "application/json",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(dump(data), status=status, content_type=content_type, headers=headers)


def refuse_json(status: int, **body: Any) -> NoReturn:
    raise Refusal(status, dump(body))


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object with exact decimals; raises ValueError for anything else."""
    data = json.loads(raw.decode("utf-8"), parse_float=Decimal)
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def media_type(header: str | None) -> str:
    """The bare media type of a Content-Type or Accept header, parameters dropped."""
    return (header or "").split(";", 1)[0].strip().lower()
