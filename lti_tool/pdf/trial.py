"""Try a design with invented certificates, the hardest first guesses at what it will meet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lti_tool.domain.certificate import Kind
from lti_tool.pdf.design import Design, load_design
from lti_tool.pdf.kinds import Printed, dump
from lti_tool.pdf.logo import Logo
from lti_tool.pdf.process import render_in_process
from lti_tool.pdf.sample import SAMPLE, SAMPLE_LOGO
from lti_tool.pdf.sample_transcript import SAMPLE_TRANSCRIPT

_LONG = "Maria-Magdalena Konstantinopolitańska de la Fuente y Castellano"
_MANY = 40

SCRIPTS: Mapping[str, str] = {
    "Latin": "Żő",
    "Greek": "Άω",
    "Cyrillic": "Жї",
    "Arabic": "عمر",
    "Hebrew": "דוד",
    "Armenian": "Արամ",
    "Georgian": "ნინო",
    "Devanagari": "राम",
    "Bengali": "রবি",
    "Tamil": "கண்",
    "Thai": "สมชาย",
    "Ethiopic": "ሰላም",
    "Chinese": "王小明",
    "Japanese": "さくら",
    "Korean": "민준",
}
"""Letters of the scripts that names are most often written in."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One invented certificate that was made."""

    case: str
    pages: int
    bytes: int


def try_design(folder: Path, *, seconds: float, megabytes: int) -> tuple[Trial, ...]:
    """Make a design's certificates of several kinds, in the rendering child and its limits.

    Raises what `load_design` and `render_in_process` raise for the first that cannot be made.
    """
    found = []
    for case, facts, logo in _cases(load_design(folder)):
        pdf = render_in_process(
            folder, dump(facts), seconds=seconds, megabytes=megabytes, logo=logo
        )
        found.append(Trial(case, pdf.pages, len(pdf.content)))
    return tuple(found)


def scripts_without_font(*, folder: Path, seconds: float, megabytes: int) -> tuple[str, ...]:
    """The scripts of SCRIPTS that no font on this machine can write, in this design."""
    facts = replace(sample_for(load_design(folder)), person=" ".join(SCRIPTS.values()))
    pdf = render_in_process(
        folder, dump(facts), seconds=seconds, megabytes=megabytes, logo=SAMPLE_LOGO
    )
    return tuple(name for name, letters in SCRIPTS.items() if set(letters) & set(pdf.replaced))


def sample_for(design: Design) -> Printed:
    """What a design is looked at with."""
    return SAMPLE_TRANSCRIPT if design.kind is Kind.TRANSCRIPT else SAMPLE


def _cases(design: Design) -> list[tuple[str, Printed, Logo | None]]:
    """What is tried: its name, the facts, and the logo."""
    if design.kind is Kind.TRANSCRIPT:
        named = replace(SAMPLE_TRANSCRIPT, person=_LONG, issuer=_LONG)
        return [
            ("with everything", SAMPLE_TRANSCRIPT, SAMPLE_LOGO),
            ("with long names", named, SAMPLE_LOGO),
        ]
    needs = design.needs
    first = SAMPLE.competencies[0]
    rows = tuple(first.criteria[row % len(first.criteria)] for row in range(_MANY))
    least = replace(
        SAMPLE,
        settings=(),
        expires_on=None,
        signed_off_by="",
        wording=SAMPLE.wording if "wording" in needs else "",
        signatories=SAMPLE.signatories if "signatories" in needs else (),
        competencies=(replace(first, criteria=first.criteria[:1]),),
    )
    many = replace(SAMPLE, competencies=(replace(first, criteria=rows),))
    return [
        ("with everything", SAMPLE, SAMPLE_LOGO),
        ("with the least", least, SAMPLE_LOGO if "logo" in needs else None),
        (f"with {_MANY} criteria", many, SAMPLE_LOGO),
        ("with a radar", replace(SAMPLE, chart="radar"), SAMPLE_LOGO),
        ("without a chart", replace(SAMPLE, chart="none"), SAMPLE_LOGO),
        ("with long names", replace(SAMPLE, person=_LONG, issuer=_LONG), SAMPLE_LOGO),
    ]
