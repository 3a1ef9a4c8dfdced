"""A transcript as an Open Badge: one result a competency, and where the intern stood in each."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from lti_tool.domain.credential import alignment, document, scale, standard_in_words, urn
from lti_tool.domain.framework import Place
from lti_tool.domain.issuer import Issuer, Json
from lti_tool.domain.standard import Verdict
from lti_tool.domain.transcript import ActivityRecord, CompetencyRecord, Transcript

STANDINGS = {
    Verdict.MET: "standard met",
    Verdict.NOT_MET: "standard not met",
    Verdict.NOT_ENOUGH: "not enough evidence",
    None: "for feedback only",
}


def transcript_credential(
    facts: Transcript, issuer: Issuer, aligned: Sequence[Place] = (), *, issued_at: datetime
) -> Json:
    """The credential of a transcript, ready to be signed. It is good for as long as no newer one
    takes its place, for it says what stood on its day.
    """
    address = f"{facts.verify_url}#achievement"
    rows = list(_rows(facts, address))
    achievement = {
        "id": address,
        "type": ["Achievement"],
        "achievementType": "Assessment",
        "creator": {"id": issuer.address, "type": ["Profile"], "name": issuer.name},
        "name": "Transcript of competencies",
        "description": "What was seen of an intern in supervised practice, in every course.",
        "criteria": {"narrative": " ".join(map(_standard, facts.activities))},
        "inLanguage": "en",
        "resultDescription": [
            {
                "id": row,
                "type": ["ResultDescription"],
                "name": _name(activity, competency),
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": scale(row, activity.levels),
            }
            for row, activity, competency in rows
        ],
    }
    if aligned:
        achievement["alignment"] = [alignment(place) for place in aligned]
    told: Json = {"narrative": _seen(facts), "achievement": achievement}
    if results := [_result(row, one) for row, _, one in rows if one.level_value is not None]:
        told["result"] = results
    return document(facts, issuer, "Transcript of competencies", told, issued_at=issued_at)


def _rows(
    facts: Transcript, address: str
) -> Iterator[tuple[str, ActivityRecord, CompetencyRecord]]:
    """Each competency with a name of its own: one may be assessed in several activities."""
    for number, activity in enumerate(facts.activities, start=1):
        for competency in activity.competencies:
            yield urn(address, f"{number} {competency.title}"), activity, competency


def _result(row: str, competency: CompetencyRecord) -> Json:
    return {
        "type": ["Result"],
        "resultDescription": row,
        "achievedLevel": f"{row}#{competency.level_value}",
        "value": competency.mean,
    }


def _name(activity: ActivityRecord, competency: CompetencyRecord) -> str:
    return f"{competency.title} {competency.version} ({_place(activity)})"


def _place(activity: ActivityRecord) -> str:
    return ", ".join(dict.fromkeys([activity.activity, activity.course]))


def _standard(activity: ActivityRecord) -> str:
    return f"{_place(activity)}: {standard_in_words(activity.standard)}"


def _seen(facts: Transcript) -> str:
    """Where the intern stood in each competency on the day."""
    stood = (
        f"{_name(activity, one)}: {STANDINGS[one.standing]}."
        for activity in facts.activities
        for one in activity.competencies
    )
    counted = f"Occasions: {facts.occasions}. Supervisors: {facts.supervisors}."
    return f"As of {facts.issued_on.isoformat()}. {counted} {' '.join(stood)}"
