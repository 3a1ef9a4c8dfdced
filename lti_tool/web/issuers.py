"""What is published of those who issue certificates: for machines, for anyone, without a session.

The addresses stand in credentials that were issued, so none of them may ever move.
"""

from flask import Blueprint, Response, jsonify, request

from lti_tool.domain.issuer import Json
from lti_tool.web.forms import LARGEST_NUMBER
from lti_tool.web.session import rounds

issuers = Blueprint("issuers", __name__, url_prefix="/issuers")

PLATFORM = f"/<int(max={LARGEST_NUMBER}):platform>"
"""No larger number is one of the database's."""

FRESH_SECONDS = 300
"""How long a copy may be shown before it is asked for again: so late a revocation may be seen."""

KEY_SET = "application/jwk-set+json"
KEY = "application/jwk+json"
"""RFC 7517 section 8.5."""


@issuers.get("/keys.json")
def keys() -> Response:
    """Every key that ever signed a certificate."""
    with rounds().reading() as unit:
        return _published(unit.issuers.keys(), KEY_SET)


@issuers.get("/keys/<kid>")
def key(kid: str) -> Response:
    """The key that a credential names."""
    with rounds().reading() as unit:
        return _published(unit.issuers.key(kid), KEY)


@issuers.get(PLATFORM)
def profile(platform: int) -> Response:
    """Who issues."""
    with rounds().reading() as unit:
        return _published(unit.issuers.profile(platform))


@issuers.get(f"{PLATFORM}/revocations")
def revocations(platform: int) -> Response:
    """What counts no longer."""
    with rounds().reading() as unit:
        return _published(unit.issuers.revocations(platform))


@issuers.get(f"{PLATFORM}/achievements/<key>")
def achievement(platform: int, key: str) -> Response:
    """What the certificates of an activity are given for."""
    with rounds().reading() as unit:
        return _published(unit.issuers.achievement(platform, key))


def _published(document: Json, mimetype: str = "application/json") -> Response:
    """A document that any cache may keep for a while, and pages of any site may read."""
    response = jsonify(document)
    response.mimetype = mimetype
    response.cache_control.public = True
    response.cache_control.max_age = FRESH_SECONDS
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response
