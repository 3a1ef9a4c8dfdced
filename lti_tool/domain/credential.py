"""A certificate as an Open Badge: the same facts, laid out for machines.

The document is an OpenBadgeCredential of Open Badges 3.0 (1EdTech, final of 27 May 2024), with the
claims that make it the payload of a JWT (section 8.2.4, "JSON Web Token Proof Format"). It is in
English, as the packs of most installations are. What is known about a day only is given as its
midnight, UTC: the standard wants a moment.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from lti_tool.domain.certificate import (
    CompetencyFacts,
    CriterionFacts,
    Facts,
    LevelFacts,
    StandardFacts,
)
from lti_tool.domain.framework import FRAMEWORKS, Place
from lti_tool.domain.issuer import CONTEXT, Issuer, Json, profile

SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"

DISCLAIMER = (
    "It says what was seen in supervised practice. "
    "It is not a licence to practise and not a qualification."
)


def achievement(facts: Facts, issuer: Issuer, address: str, aligned: Sequence[Place]) -> Json:
    """What was to be met, and the four levels of each criterion. Names nobody but the issuer."""
    titles = ", ".join(one.title for one in facts.competencies)
    found = {
        "id": address,
        "type": ["Achievement"],
        "achievementType": "Assessment",
        "creator": {"id": issuer.address, "type": ["Profile"], "name": issuer.name},
        "name": facts.activity,
        "description": f"The standard set for {titles} in supervised practice.",
        "criteria": {"narrative": standard_in_words(facts.standard)},
        "version": ", ".join(f"{one.title} {one.version}" for one in facts.competencies),
        "inLanguage": "en",
        "resultDescription": [
            _result_description(facts, address, competency, criterion)
            for competency, criterion in _rows(facts)
        ],
    }
    return found | ({"alignment": [alignment(place) for place in aligned]} if aligned else {})


def credential(
    facts: Facts,
    issuer: Issuer,
    achievement_address: str,
    aligned: Sequence[Place] = (),
    *,
    issued_at: datetime,
    valid_until: datetime | None = None,
) -> Json:
    """The credential of a certificate with these facts, ready to be signed.

    `valid_until` is the first moment at which it is good no longer.
    """
    return document(
        facts,
        issuer,
        facts.activity,
        {
            "narrative": _seen(facts),
            "achievement": achievement(facts, issuer, achievement_address, aligned),
            "result": list(_results(facts, achievement_address)),
        },
        issued_at=issued_at,
        valid_until=valid_until,
    )


class _Issued(Protocol):
    """What certificates and transcripts have in common."""

    @property
    def person(self) -> str: ...
    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...
    @property
    def verify_url(self) -> str: ...


def document(
    facts: _Issued,
    issuer: Issuer,
    name: str,
    told: Json,
    *,
    issued_at: datetime,
    valid_until: datetime | None = None,
) -> Json:
    """The claims that every credential of ours makes, around what is `told` of its subject.

    The subject is known by a name of this credential's own, which leads to no account anywhere, and
    by the person's name.
    """
    subject = {
        "id": urn(facts.verify_url, "holder"),
        "type": ["AchievementSubject"],
        "identifier": [_identity(facts.person)],
        "activityStartDate": _midnight(facts.first),
        "activityEndDate": _midnight(facts.last),
    }
    claims: Json = {
        "@context": CONTEXT,
        "id": facts.verify_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": profile(issuer),
        "validFrom": _moment(issued_at),
        "name": name,
        "description": DISCLAIMER,
        "credentialSubject": subject | told,
        "credentialStatus": {"id": issuer.revocations, "type": "1EdTechRevocationList"},
        "credentialSchema": [
            {
                "id": f"{SCHEMA}ob_v3p0_achievementcredential_schema.json",
                "type": "1EdTechJsonSchemaValidator2019",
            }
        ],
    }
    if valid_until is not None:
        claims |= {"validUntil": _moment(valid_until), "exp": int(valid_until.timestamp())}
    return claims | {
        "iss": issuer.address,
        "jti": facts.verify_url,
        "nbf": int(issued_at.timestamp()),
        "sub": subject["id"],
    }


# -- Results ---------------------------------------------------------------------------------------


def _rows(facts: Facts) -> Iterator[tuple[CompetencyFacts, CriterionFacts]]:
    for competency in facts.competencies:
        for criterion in competency.criteria:
            yield competency, criterion


def _result_description(
    facts: Facts, address: str, competency: CompetencyFacts, criterion: CriterionFacts
) -> Json:
    row = _row(address, competency, criterion)
    names = [level.name for level in facts.levels]
    found = {
        "id": row,
        "type": ["ResultDescription"],
        "name": f"{competency.title}: {criterion.name}",
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": scale(row, facts.levels),
    }
    least = facts.standard.critical if criterion.critical else facts.standard.floor
    required = least or facts.standard.floor
    if required in names:
        found["requiredLevel"] = f"{row}#{names.index(required) + 1}"
    return found


def scale(row: str, levels: Sequence[LevelFacts]) -> list[Json]:
    """The levels that a result may be at, by addresses below its own."""
    return [
        {
            "id": f"{row}#{value}",
            "type": ["RubricCriterionLevel"],
            "name": level.name,
            "description": level.means,
        }
        for value, level in enumerate(levels, start=1)
    ]


def _results(facts: Facts, address: str) -> Iterator[Json]:
    """The level each mean has passed, and the mean; nothing for what nobody observed."""
    for competency, criterion in _rows(facts):
        if criterion.level_value is not None:
            row = _row(address, competency, criterion)
            yield {
                "type": ["Result"],
                "resultDescription": row,
                "achievedLevel": f"{row}#{criterion.level_value}",
                "value": criterion.mean,
            }


def _row(address: str, competency: CompetencyFacts, criterion: CriterionFacts) -> str:
    """A name for a criterion that is the same in every credential of an achievement."""
    return urn(address, f"{competency.title} {competency.version}: {criterion.name}")


def alignment(place: Place) -> Json:
    """A place in a framework, by its code: no text of the framework's own is given away."""
    framework = FRAMEWORKS[place.framework]
    return {
        "type": ["Alignment"],
        "targetName": f"{place.framework} {place.code}",
        "targetUrl": framework.address,
        "targetCode": place.code,
        "targetFramework": framework.name,
    }


# -- Words -----------------------------------------------------------------------------------------


def standard_in_words(standard: StandardFacts) -> str:
    """The standard in words."""
    seen = "once" if standard.min_seen == 1 else f"{standard.min_seen} times"
    evidence = (
        f"In each competency {standard.min_assessments} assessments or more by "
        f"{standard.min_supervisors} supervisors or more, and every criterion seen {seen} or more"
    )
    if standard.exceptions:
        others = (f"{one.name}: {one.times}" for one in standard.exceptions)
        evidence += f" ({'; '.join(others)})"
    if standard.max_share is not None:
        evidence += f", at most {standard.max_share} % of them by one supervisor"
    bars = [f"the average {standard.min_mean} or better"]
    if standard.floor:
        bars.append(f"no criterion below {standard.floor}")
    if standard.critical:
        bars.append(f"every safety-critical one {standard.critical} or better")
    if standard.flags:
        bars.append("every safety concern settled")
    return f"{evidence}; {', '.join(bars)}."


def _seen(facts: Facts) -> str:
    """How often, by how many and where it was seen, and who signed it off."""
    where = f" ({', '.join(facts.settings)})" if facts.settings else ""
    found = f"Occasions: {facts.occasions}. Supervisors: {facts.supervisors}{where}."
    return f"{found} Signed off by {facts.signed_off_by}." if facts.signed_off_by else found


def _identity(person: str) -> Json:
    return {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": person,
        "identityType": "name",
    }


def _midnight(day: date) -> str:
    return _moment(datetime.combine(day, time(), UTC))


def _moment(when: datetime) -> str:
    """A moment to the second, as the claims of a JWT have it."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def urn(space: str, name: str) -> str:
    """A name that is the same whenever it is made of the same words."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{space}#{name}')}"
