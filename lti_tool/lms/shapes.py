"""What a claim may be: the shapes that texts, ids and addresses from outside must have.

JSON can say more than both databases store and more than is safe to call or to show as a link.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow.fields import Field

from lti_tool.domain.errors import ClaimMissing, ClaimsMalformed

ID_LENGTH = 255
"""Core 1.3 §5.3.3 and following: ids are ASCII of at most 255 characters."""

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, and half of a surrogate pair, which JSON can say."""

MISSING = "missing"
MESSAGES: dict[str, Any] = {"required": MISSING, "null": MISSING}


class Text(Field[str]):
    """Text that both databases can store. `most` is its greatest length in characters."""

    def __init__(self, most: int = 20_000, *, ascii_only: bool = False, **kwargs: Any) -> None:
        super().__init__(error_messages=MESSAGES, **kwargs)
        self._most, self._ascii_only = most, ascii_only

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or len(value) > self._most:
            raise ma.ValidationError("no text, or too long")
        if UNSTORABLE.search(value) or (self._ascii_only and not value.isascii()):
            raise ma.ValidationError("characters that are not allowed here")
        return value


class Address(Text):
    """An absolute http(s) address that is safe to call, and to show as a link."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value)
        try:
            parts = urlsplit(text)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            sound = False
        if not sound or "@" in parts.netloc or "\\" in text or not text.isprintable():
            raise ma.ValidationError("not a web address")
        return text


def optional(make: Callable[..., Field[Any]], *args: Any, **kwargs: Any) -> Any:
    """A field that may be absent or null: some LMS send null for what they do not have."""
    return make(*args, load_default=None, allow_none=True, **kwargs)


def identifier(**kwargs: Any) -> Text:
    return Text(ID_LENGTH, ascii_only=True, required=True, validate=_not_empty, **kwargs)


def _not_empty(value: str) -> None:
    if not value.strip():
        raise ma.ValidationError(MISSING)


class Claims(ma.Schema):
    """Claims that nobody asked for are no fault."""

    class Meta:
        unknown = ma.EXCLUDE


def load(schema: ma.Schema, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims that a schema asks for. Raises ClaimMissing and ClaimsMalformed, by name."""
    try:
        loaded: dict[str, Any] = schema.load(claims)
    except ma.ValidationError as error:
        path, problem = next(_faults(error.messages_dict, ()))
        claim = ".".join(path)
        if problem == MISSING:
            raise ClaimMissing(f"the claim {claim} is missing") from None
        raise ClaimsMalformed(f"the claim {claim} has a wrong shape") from None
    return loaded


def _faults(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every fault with the way to it, out of marshmallow's nest of dicts and lists."""
    if isinstance(messages, dict):
        for step, inner in messages.items():
            yield from _faults(inner, (*path, str(step)))
    else:
        yield path, messages[0] if isinstance(messages, list) else messages
