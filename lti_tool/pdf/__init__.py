"""Make the PDF of a certificate from its facts and a design, and sign it.

The only room that uses WeasyPrint and pyHanko.

A design is a folder: certificate.html, certificate.css, design.yaml and its own fonts and pictures.
Its template is run by a sandbox that knows nothing but the facts, and nothing outside the folder
is read or fetched while the page is laid out, but for what all designs share.
"""

from lti_tool.pdf.archive import CREDENTIAL_NAME
from lti_tool.pdf.catalogue import About, check_designs, designs, find_design
from lti_tool.pdf.chains import (
    LONGEST_CHAIN,
    UNREADABLE,
    chain,
    chain_in,
    is_root,
    issued,
    read_certificate,
)
from lti_tool.pdf.checked import Checked, check_in_process
from lti_tool.pdf.design import Design, load_design
from lti_tool.pdf.engine import available
from lti_tool.pdf.facts import dump_facts, load_facts
from lti_tool.pdf.logo import Logo, check_logo
from lti_tool.pdf.made_with import made_with
from lti_tool.pdf.process import render_in_process
from lti_tool.pdf.render import Pdf, render
from lti_tool.pdf.sample import SAMPLE, SAMPLE_LOGO
from lti_tool.pdf.seal import Evidence, Seal, Stamp, Standing, Vouch
from lti_tool.pdf.signing import judge, sign, signing_available, try_stamp
from lti_tool.pdf.transcript_facts import dump_transcript, load_transcript

__all__ = [
    "CREDENTIAL_NAME",
    "LONGEST_CHAIN",
    "SAMPLE",
    "SAMPLE_LOGO",
    "UNREADABLE",
    "About",
    "Checked",
    "Design",
    "Evidence",
    "Logo",
    "Pdf",
    "Seal",
    "Stamp",
    "Standing",
    "Vouch",
    "available",
    "chain",
    "chain_in",
    "check_designs",
    "check_in_process",
    "check_logo",
    "designs",
    "dump_facts",
    "dump_transcript",
    "find_design",
    "is_root",
    "issued",
    "judge",
    "load_design",
    "load_facts",
    "load_transcript",
    "made_with",
    "read_certificate",
    "render",
    "render_in_process",
    "sign",
    "signing_available",
    "try_stamp",
]
