"""Credentials of transcripts against the data model of Open Badges 3.0."""

from dataclasses import replace
from datetime import UTC, datetime

from lti_tool.domain.framework import places
from lti_tool.domain.issuer import Issuer
from lti_tool.domain.transcript import Transcript
from lti_tool.domain.transcript_credential import transcript_credential
from lti_tool.packs import read_catalogue
from lti_tool.pdf.sample_transcript import SAMPLE_TRANSCRIPT
from tests.conformance.test_open_badges import MODEL_SCHEMA, Json, faults

ISSUER = Issuer("https://rounds.example/issuers/7", SAMPLE_TRANSCRIPT.issuer, "", "")


def document(facts: Transcript) -> Json:
    packs = read_catalogue().all()
    codes = (code for pack in packs for row in pack.criteria for code in row.alignments)
    issued_at = datetime(2027, 2, 12, 9, tzinfo=UTC)
    return transcript_credential(facts, ISSUER, places(codes), issued_at=issued_at)


def test_one_has_the_shape_of_the_data_model() -> None:
    assert faults(MODEL_SCHEMA, document(SAMPLE_TRANSCRIPT)) == []


def test_each_competency_has_a_result_of_its_own() -> None:
    subject = document(SAMPLE_TRANSCRIPT)["credentialSubject"]
    described = subject["achievement"]["resultDescription"]
    assert len({one["id"] for one in described}) == len(subject["result"]) == 6
    assert [one["value"] for one in subject["result"]] == ["3.2", "3.2", "3.2", "3.0", "2.8", "3.1"]
    assert "Teamwork 1.2 (Ward skills, Internship block 3, 2026-27)" in described[3]["name"]
    assert "As of 2027-02-12." in subject["narrative"]
    assert "Documentation 1.2 (Ward skills" in subject["narrative"]
    assert "standard not met." in subject["narrative"]


def test_what_nobody_observed_has_no_result() -> None:
    (first, *_) = SAMPLE_TRANSCRIPT.activities
    one = replace(first.competencies[0], level_name=None, level_value=None, mean=None)
    facts = replace(SAMPLE_TRANSCRIPT, activities=(replace(first, competencies=(one,)),))
    found = document(facts)
    assert "result" not in found["credentialSubject"]
    assert faults(MODEL_SCHEMA, found) == []
