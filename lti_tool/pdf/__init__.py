"""Make the PDF of a certificate from its facts and a design. The only room that uses WeasyPrint.

A design is a folder: certificate.html, certificate.css, design.yaml and its own fonts and pictures.
Its template is run by a sandbox that knows nothing but the facts, and nothing outside the folder
is read or fetched while the page is laid out.
"""

from lti_tool.pdf.design import Design, load_design
from lti_tool.pdf.facts import dump_facts, load_facts
from lti_tool.pdf.logo import Logo
from lti_tool.pdf.made_with import made_with
from lti_tool.pdf.process import render_in_process
from lti_tool.pdf.render import Pdf, available, render

__all__ = [
    "Design",
    "Logo",
    "Pdf",
    "available",
    "dump_facts",
    "load_design",
    "load_facts",
    "made_with",
    "render",
    "render_in_process",
]
