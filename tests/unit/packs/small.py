"""A small pack as its author would write it: two criteria, one with the optional fields."""

# Line numbers in test_faults.py count from the first line of this text.
SMALL_PACK = """\
id: suturing
uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a01
version: "1.0"
title: Suturing
summary: Closes a simple wound.
default_weight: 10
expected: 3
license: CC BY 4.0
note: An example.
levels:
  - value: 1
    uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a02
    name: Needs direction
    means: only when told how
    short: You do this when told how.
  - value: 2
    uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a03
    name: Developing
    means: with prompts
    short: You do this with prompts.
  - value: 3
    uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a04
    name: Dependable
    means: unprompted
    short: You do this unprompted.
  - value: 4
    uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a05
    name: Exemplary for stage
    means: others learn from it
    short: Others learn from you.
criteria:
  - id: SU-1
    uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a06
    name: Preparation
    about: Everything is ready.
    weight: 60
    look_for:
      medicine:
        - checks the tray
    anchors:
      - level: 1
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a07
        text: Starts without a plan.
        short: No plan
      - level: 2
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a08
        text: Prepares when told.
      - level: 3
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a09
        text: Prepares.
      - level: 4
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a10
        text: Prepares for what may go wrong.
  - id: SU-2
    uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a11
    name: Closing
    about: The wound is closed.
    weight: 40
    anchors:
      - level: 1
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a12
        text: Gapes.
      - level: 2
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a13
        text: Uneven.
      - level: 3
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a14
        text: Even.
      - level: 4
        uuid: 6f1d4f0e-6a34-4c0f-8a5c-3e9b8f1f0a15
        text: Hardly seen.
"""


def small_pack(*changes: tuple[str, str]) -> str:
    """The small pack with each first text, which must be in it, exchanged for the second."""
    text = SMALL_PACK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def renamed(pack_id: str, digit: str) -> str:
    """The small pack under another id, all its UUIDs beginning with another digit."""
    return small_pack(("id: suturing", f"id: {pack_id}")).replace("6f1d4f0e", digit * 8)
