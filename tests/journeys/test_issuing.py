"""A certificate's life: signed off, made, checked by a stranger, handed in, and revoked."""

import re
from typing import Any
from urllib.parse import urljoin

import requests

from tests.journeys.people import Person, launch, lead_of, words
from tests.stack import Stack, until

ONLY_TEAMWORK = {
    "weight-patient-communication": "0",
    "weight-teamwork": "100",
    "weight-documentation": "0",
}


def test_one_is_signed_off_checked_sent_at_a_word_and_revoked(stack: Stack) -> None:
    lead = lead_of(stack, "canvas", "one-try")
    lead.choose(issuing="sign-off", months="12", **ONLY_TEAMWORK)
    helen = launch(stack, "canvas", "helen", "one-try")
    helen.score(helen.intern("Amara Okafor"), "teamwork", "3")
    amara = launch(stack, "canvas", "amara", "one-try")
    assert "Waits for the course lead's sign-off" in words(amara.first)

    waiting = lead.get("certificates")
    assert "One intern has met the standard and waits for a sign-off." in words(waiting)
    signed = lead.send(waiting, "certificates/sign-off", action="all")
    assert "One certificate signed off." in words(signed)
    made = until(lambda: page_with(amara, "Download certificate"))
    assert "signed off by Dr Ingrid Solheim" in words(made)
    assert amara.get("certificate.pdf").content.startswith(b"%PDF-1.")

    found = re.search(r'href="(/verify/[^"]+)"', made.text)
    assert found
    check = urljoin(made.url, found[1])
    assert "This certificate is valid" in words(requests.get(check, timeout=10))
    until(lambda: cell(stack)["score"] == 80)
    assert cell(stack)["attempts"] == []

    gradebook = lead.get("gradebook")
    assert "The course allows one attempt for this activity" in words(gradebook)
    assert "The file would use up the last attempt" in words(gradebook)
    again = re.search(r'action="[^"]*?(passbacks/\d+/retry)"', gradebook.text)
    assert again
    lead.send(gradebook, again[1])
    until(lambda: [len(one["files"]) for one in cell(stack)["attempts"]] == [1])

    path = f"interns/{lead.intern('Amara Okafor')}/certificate"
    told = lead.send(lead.get(path), f"{path}/revoke", explanation="Two interns were mixed up.")
    assert "A course lead revoked it. Two interns were mixed up." in words(told)
    assert "This certificate no longer counts" in words(requests.get(check, timeout=10))
    assert "Two interns were mixed up." in words(amara.get(""))
    until(lambda: "no longer counts" in str(cell(stack)["comments"]))


def page_with(person: Person, text: str) -> requests.Response | None:
    """Someone's first page, once it says this."""
    page = person.get("")
    return page if text in words(page) else None


def cell(stack: Stack) -> dict[str, Any]:
    """What the LMS's gradebook holds of Amara."""
    found = stack.sandbox.grade("canvas", "one-try", "amara")
    assert found
    return found
