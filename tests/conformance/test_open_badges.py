"""Credentials against Open Badges 3.0: its data model, and 1EdTech's own schemas where they are.

The schemas that 1EdTech publishes may not be passed on, so they are not among these files. Whoever
has them names their folder in OB3_SCHEMAS (docs/credentials.md). The table below is ours: it
says of each class which members Rounds uses and how, as Appendix B of the specification has them.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft201909Validator, FormatChecker

from lti_tool.domain.credential import credential
from lti_tool.domain.framework import places
from lti_tool.domain.issuer import CONTEXT, Issuer, profile
from lti_tool.packs import read_catalogue
from tests.certificates import FACTS

Json = dict[str, Any]

SCHEMAS = os.environ.get("OB3_SCHEMAS", "")

CLAIMS = "iss:uri jti:uri nbf:number sub:uri exp:number?"
MODEL = {
    "OpenBadgeCredential": f"@context:uri+ id:uri type:text+ name:text? description:text? "
    f"issuer:Profile validFrom:moment validUntil:moment? credentialSubject:AchievementSubject "
    f"credentialStatus:CredentialStatus? credentialSchema:CredentialSchema* {CLAIMS}",
    "Profile": "id:uri type:text+ name:text? url:uri? email:text?",
    "AchievementSubject": "id:uri? type:text+ identifier:IdentityObject* activityStartDate:moment? "
    "activityEndDate:moment? narrative:text? achievement:Achievement result:Result*",
    "IdentityObject": "type:text hashed:yesno identityHash:text identityType:text salt:text?",
    "Achievement": "id:uri type:text+ achievementType:text? creator:Profile? name:text "
    "description:text criteria:Criteria version:text? inLanguage:text? "
    "resultDescription:ResultDescription* alignment:Alignment*",
    "Criteria": "id:uri? narrative:text?",
    "ResultDescription": "id:uri type:text+ name:text resultType:text requiredLevel:uri? "
    "rubricCriterionLevel:RubricCriterionLevel*",
    "RubricCriterionLevel": "id:uri type:text+ name:text description:text? points:text?",
    "Result": "type:text+ resultDescription:uri? achievedLevel:uri? value:text?",
    "Alignment": "type:text+ targetName:text targetUrl:uri targetCode:text? targetFramework:text?",
    "CredentialStatus": "id:uri type:text",
    "CredentialSchema": "id:uri type:text",
}
"""Class to members; after the kind `?` may be left out, `+` and `*` are lists, `+` never empty."""

KINDS: dict[str, Json] = {
    "uri": {"type": "string", "pattern": r"^(https?://|urn:uuid:)[^\s<>\"]+$"},
    "text": {"type": "string", "minLength": 1},
    "moment": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    "number": {"type": "integer"},
    "yesno": {"type": "boolean"},
}


def definition(members: str) -> Json:
    """One class as JSON Schema. A member that the table does not have is a fault."""
    properties, required = {}, []
    for member in members.split():
        name, _, kind = member.partition(":")
        plain = kind.rstrip("?+*")
        one = KINDS.get(plain, {"$ref": f"#/$defs/{plain}"})
        many = {"type": "array", "items": one, "minItems": 1}
        properties[name] = many if kind[-1] in "+*" else one
        if kind[-1] not in "?*":
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


MODEL_SCHEMA: Json = {
    "$ref": "#/$defs/OpenBadgeCredential",
    "$defs": {name: definition(members) for name, members in MODEL.items()},
}


def faults(schema: Json, document: Json) -> list[str]:
    checker = Draft201909Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(document)]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(
        "https://rounds.northgate.example/issuers/7",
        FACTS.issuer,
        "https://northgate.example",
        "registry@northgate.example",
    )


@pytest.fixture
def document(issuer: Issuer) -> Json:
    """A credential with every member that there may be."""
    packs = read_catalogue().all()
    codes = (code for pack in packs for row in pack.criteria for code in row.alignments)
    return credential(
        FACTS,
        issuer,
        issuer.achievement("9f86d081884c7d65"),
        places(codes),
        issued_at=datetime(2026, 12, 11, 9, tzinfo=UTC),
        valid_until=datetime(2028, 12, 11, tzinfo=UTC),
    )


def test_a_credential_has_the_shape_of_the_data_model(document: Json) -> None:
    assert faults(MODEL_SCHEMA, document) == []


def test_the_types_and_contexts_are_those_that_are_required(document: Json) -> None:
    assert document["@context"][:2] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    subject = document["credentialSubject"]
    typed = {
        "OpenBadgeCredential": document,
        "Profile": document["issuer"],
        "AchievementSubject": subject,
        "Achievement": subject["achievement"],
        "ResultDescription": subject["achievement"]["resultDescription"][0],
        "Result": subject["result"][0],
        "Alignment": subject["achievement"]["alignment"][0],
    }
    for name, value in typed.items():
        assert name in value["type"]
    assert subject["achievement"]["achievementType"] == "Assessment"
    assert subject["achievement"]["resultDescription"][0]["resultType"] == "RubricCriterionLevel"
    assert subject["identifier"][0]["identityType"] == "name"


def changed(document: Json, *path: str | int, to: object = None) -> Json:
    """A copy with one member changed, or taken away."""
    copy: Json = json.loads(json.dumps(document))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return copy


def broken(document: Json) -> Iterator[Json]:
    achievement = ("credentialSubject", "achievement")
    yield changed(document, "issuer")
    yield changed(document, "validFrom", to=2026)
    yield changed(document, *achievement, "criteria")
    yield changed(document, *achievement, "resultDescription", 0, "resultType")
    yield changed(document, *achievement, "resultDescription", 0, "rubricCriterionLevel", 0, "id")
    yield changed(document, "credentialSubject", "result", 0, "value", to=3.2)


def test_a_check_that_passes_could_have_failed(document: Json) -> None:
    for one in broken(document):
        assert faults(MODEL_SCHEMA, one) != []


@pytest.mark.skipif(not SCHEMAS, reason="OB3_SCHEMAS names no folder with the schemas")
def test_the_schemas_of_1edtech_find_no_fault(document: Json, issuer: Issuer) -> None:
    folder = Path(SCHEMAS)
    of_credentials = json.loads((folder / "ob_v3p0_achievementcredential_schema.json").read_text())
    of_profiles = json.loads((folder / "ob_v3p0_profile_schema.json").read_text())
    assert faults(of_credentials, document) == []
    assert faults(of_profiles, {"@context": CONTEXT} | profile(issuer)) == []
    for one in broken(document):
        assert faults(of_credentials, one) != []
