"""What happened on the wards before the demo began: each intern's story, as data. All invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PC, TW, DOC = "patient-communication", "teamwork", "documentation"
SUPERVISORS = ("helen", "ruth", "peter", "lucia")

SETTINGS = (
    ("Ward 6", "Acute medicine"),
    ("Admissions unit", "Acute medicine"),
    ("Outpatient clinic", "Diabetes care"),
    ("Ward 2", "General surgery"),
    ("Night shift, ward 6", "Acute medicine"),
    ("Discharge lounge", "Geriatrics"),
)


@dataclass(frozen=True)
class Story:
    """How one intern has done. `seen` is how many assessments of each competency there are.

    `level` is about what they reach, in tenths (32 is mostly Dependable); `rare` says that nobody
    saw a difficult conversation yet; `low` is a safety-critical criterion that was Needs direction
    once, with what happened.
    """

    seen: Mapping[str, int]
    level: int = 31
    rare: bool = False
    low: tuple[str, str, str] | None = None
    drafts: tuple[str, ...] = field(default=())


STORIES: Mapping[str, Story] = {
    # One assessment short: an eighth of Teamwork brings the certificate.
    "amara": Story({PC: 9, TW: 7, DOC: 8}, level=34),
    "tomasz": Story({PC: 9, TW: 8, DOC: 8}, level=34),
    "samuel": Story({PC: 8, TW: 9, DOC: 8}, level=35),
    "mei-ling": Story({PC: 9, TW: 8, DOC: 8}, level=27),
    "noor": Story({PC: 6, TW: 5, DOC: 4}, level=32, rare=True),
    "priya": Story({PC: 4, TW: 3, DOC: 3}, level=30),
    "jonas": Story(
        {PC: 5, TW: 5, DOC: 4},
        level=24,
        low=(TW, "TW-3", "Left at the end of the shift without handing over the two sickest."),
    ),
    "kwame": Story({PC: 2, TW: 1, DOC: 0}, level=30, drafts=(DOC,)),
    "beatriz": Story({PC: 1, TW: 1, DOC: 0}, level=28),
    "leo": Story({PC: 2, TW: 2, DOC: 1}, level=33),
    "mallory": Story({PC: 0, TW: 1, DOC: 0}, level=30),
    "nameless": Story({PC: 1, TW: 0, DOC: 0}, level=30),
    "saoirse": Story({PC: 0, TW: 0, DOC: 0}),
}

FEEDBACK: Mapping[str, tuple[tuple[str, str], ...]] = {
    PC: (
        (
            "You stopped after each medicine and waited for the question.",
            "Draw the morning and evening doses.",
        ),
        (
            "You sat down, put the screen away and let the story come.",
            "Say back in one sentence what matters most, and wait to be corrected.",
        ),
        (
            "You called the interpreter before the round and briefed them at the door.",
            "Keep your eyes on the person you treat while the interpreter speaks.",
        ),
        (
            "You noticed that the daughter wanted to ask something, and made room for it.",
            "Ask first who in the family may hear the result.",
        ),
        ("", "End with what happens next, and who to call."),
    ),
    TW: (
        (
            "You put the two sickest patients first and named who would chase each result.",
            "Ask the night team to say back the plan for the sickest patient.",
        ),
        (
            "You asked the pharmacist before changing the dose and told the nurse why.",
            "Say how urgent it is in your first sentence.",
        ),
        (
            "You said early that the list was too long and we could share it out.",
            "Write the owner beside each task.",
        ),
        ("You said “I am worried about” and gave the reason.", ""),
    ),
    DOC: (
        (
            "Your entry said what was seen, what was told and what you concluded.",
            "Put the time of the event beside the time of writing.",
        ),
        (
            "You found the old allergy in the list and had it corrected the proper way.",
            "Leave the normal findings out that nobody needs tonight.",
        ),
        (
            "The letter answered the question of the family doctor in its first line.",
            "Name what would change the plan.",
        ),
    ),
}
