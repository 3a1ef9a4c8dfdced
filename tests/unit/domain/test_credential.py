"""A certificate as an Open Badge: what its members hold, and what never gets in."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lti_tool.domain.certificate import Facts
from lti_tool.domain.credential import credential
from lti_tool.domain.framework import FRAMEWORKS, Place, places
from lti_tool.domain.issuer import Issuer, revocation_list
from lti_tool.packs import read_catalogue
from tests.certificates import FACTS, criterion

ISSUER = Issuer(
    "https://rounds.northgate.example/issuers/7", FACTS.issuer, "https://northgate.example"
)
ADDRESS = ISSUER.achievement("9f86d081884c7d65")
NOON = datetime(2026, 12, 11, 12, 30, 15, 999_999, tzinfo=UTC)


def document(facts: Facts = FACTS, **options: Any) -> dict[str, Any]:
    return credential(facts, ISSUER, ADDRESS, **{"issued_at": NOON, **options})


def members(value: Any) -> Iterator[Any]:
    """Every value in a document, however deep."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from members(one)


def test_the_claims_of_the_jwt_say_what_the_members_say() -> None:
    """Open Badges 3.0, section "JWT Payload Format"."""
    made = document(valid_until=datetime(2028, 12, 12, tzinfo=ZoneInfo("Europe/Oslo")))
    assert made["iss"] == made["issuer"]["id"] == ISSUER.address
    assert made["jti"] == made["id"] == FACTS.verify_url
    assert made["sub"] == made["credentialSubject"]["id"]
    assert made["validFrom"] == "2026-12-11T12:30:15Z"
    assert datetime.fromtimestamp(made["nbf"], UTC) == NOON.replace(microsecond=0)
    assert made["validUntil"] == "2028-12-11T23:00:00Z"
    assert datetime.fromtimestamp(made["exp"], UTC) == datetime(2028, 12, 11, 23, tzinfo=UTC)


def test_one_that_does_not_expire_says_nothing_of_an_end() -> None:
    assert not {"validUntil", "exp"} & set(document())


def test_each_criterion_has_its_levels_and_the_one_that_was_reached() -> None:
    subject = document()["credentialSubject"]
    described = {one["id"]: one for one in subject["achievement"]["resultDescription"]}
    assert len(described) == sum(len(one.criteria) for one in FACTS.competencies) == 18
    rows = [row for one in FACTS.competencies for row in one.criteria]
    for row, result in zip(rows, subject["result"], strict=True):
        levels = described[result["resultDescription"]]["rubricCriterionLevel"]
        reached = next(one for one in levels if one["id"] == result["achievedLevel"])
        assert (reached["name"], result["value"]) == (row.level_name, row.mean)
        assert [one["name"] for one in levels] == [one.name for one in FACTS.levels]


def test_the_level_that_was_required_is_named_and_higher_where_it_is_critical() -> None:
    def required(name: str) -> str:
        found = next(one for one in described if one["name"].endswith(name))
        levels = {one["id"]: one["name"] for one in found["rubricCriterionLevel"]}
        return str(levels[found["requiredLevel"]])

    described = document()["credentialSubject"]["achievement"]["resultDescription"]
    assert (required("Timeliness"), required("Handover")) == ("Developing", "Dependable")
    bare = replace(FACTS, standard=replace(FACTS.standard, floor=None, critical=None))
    for one in document(bare)["credentialSubject"]["achievement"]["resultDescription"]:
        assert "requiredLevel" not in one


def test_what_nobody_observed_has_no_result() -> None:
    seen, unseen = criterion("Seen"), replace(criterion("Unseen"), level_value=None, mean=None)
    one = replace(FACTS.competencies[0], criteria=(seen, unseen))
    subject = document(replace(FACTS, competencies=(one,)))["credentialSubject"]
    assert len(subject["achievement"]["resultDescription"]) == 2
    assert len(subject["result"]) == 1


def test_criteria_of_one_name_in_two_competencies_are_told_apart() -> None:
    first, second, _ = FACTS.competencies
    alike = (first, replace(second, criteria=first.criteria))
    described = document(replace(FACTS, competencies=alike))["credentialSubject"]["achievement"]
    ids = [one["id"] for one in described["resultDescription"]]
    assert len(set(ids)) == len(ids)


def test_a_criterion_is_called_the_same_in_every_credential_of_an_achievement() -> None:
    another = replace(FACTS, person="Jonas Lindqvist", verify_url="https://rounds.example/verify/x")
    names = [
        [one["id"] for one in made["credentialSubject"]["achievement"]["resultDescription"]]
        for made in (document(), document(another))
    ]
    assert names[0] == names[1]
    assert document()["sub"] != document(another)["sub"]


def test_the_standard_stands_there_in_words() -> None:
    words = document()["credentialSubject"]["achievement"]["criteria"]["narrative"]
    for said in (
        "8 assessments or more by 3 supervisors or more",
        "every criterion seen 3 times or more (Sensitive and difficult conversations: 2)",
        "the average Dependable or better",
        "no criterion below Developing",
        "every safety concern settled",
    ):
        assert said in words


def test_who_signed_it_off_and_where_it_was_seen_stand_there_where_known() -> None:
    facts = replace(FACTS, settings=("ward", "clinic"), signed_off_by="Dr Ingrid Solheim")
    narrative = document(facts)["credentialSubject"]["narrative"]
    assert narrative == (
        "Occasions: 27. Supervisors: 7 (ward, clinic). Signed off by Dr Ingrid Solheim."
    )


def test_neither_the_holders_key_nor_anything_empty_gets_in() -> None:
    made = document(facts := replace(FACTS, holder_key="SECRETKY"))
    assert facts.holder_key not in json.dumps(made)
    assert [one for one in members(made) if one is None or one in ("", [], {})] == []


def test_what_the_school_did_not_say_is_left_out() -> None:
    bare = credential(FACTS, Issuer(ISSUER.address, "A school"), ADDRESS, issued_at=NOON)
    assert set(bare["issuer"]) == {"id", "type", "name"}
    assert document()["issuer"]["url"] == ISSUER.url


def test_a_code_leads_to_its_framework_and_brings_none_of_its_text() -> None:
    found = places(["ACGME2:ICS-2", "ACGME2:ICS-2", "GMC18:¶2 (limits)", "LOCAL:1", "odd"])
    assert found == (Place("ACGME2", "ICS-2"), Place("GMC18", "¶2"))
    aligned = document(aligned=found)["credentialSubject"]["achievement"]["alignment"]
    assert aligned[0] == {
        "type": ["Alignment"],
        "targetName": "ACGME2 ICS-2",
        "targetUrl": "https://www.acgme.org/milestones/",
        "targetCode": "ICS-2",
        "targetFramework": "ACGME Milestones 2.0",
    }


def test_every_framework_that_the_bundled_packs_name_is_known() -> None:
    named = {
        alignment.partition(":")[0]
        for competency in read_catalogue().all()
        for row in competency.criteria
        for alignment in row.alignments
    }
    assert named <= set(FRAMEWORKS)


@pytest.mark.parametrize("ended", [[], [("https://rounds.example/verify/x", "superseded")]])
def test_the_list_of_what_ended_holds_ids_and_a_word_for_why(ended: list[tuple[str, str]]) -> None:
    assert revocation_list(ISSUER, ended) == {
        "id": f"{ISSUER.address}/revocations",
        "issuer": ISSUER.address,
        "revokedCredential": [
            {"id": id, "revoked": True, "revocationReason": why} for id, why in ended
        ],
    }


def test_a_day_is_its_midnight() -> None:
    subject = document(replace(FACTS, first=date(2026, 1, 2)))["credentialSubject"]
    assert subject["activityStartDate"] == "2026-01-02T00:00:00Z"
