"""The command line: `rounds`. Thin: parse, call one service or start one process, print.

Errors are one line on standard error, `rounds: <message> [code]`; the exit status is 0 for done,
1 for refused, 2 for wrong use. With --json one JSON document stands on standard output.
"""

import click

from lti_tool import __version__
from lti_tool.cli.deliveries import gradebook
from lti_tool.cli.designs import designs
from lti_tool.cli.doctor import doctor
from lti_tool.cli.frame import Commands
from lti_tool.cli.institutions import institution
from lti_tool.cli.issuer_keys import issuer_keys
from lti_tool.cli.keys import keys
from lti_tool.cli.packs import packs
from lti_tool.cli.platforms import platform
from lti_tool.cli.processes import deliver, sandbox, serve, upgrade
from lti_tool.cli.verify import verify


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Assess interns in clinical placements, launched from an LMS by LTI 1.3."""


for command in (
    *(serve, deliver, upgrade, platform, institution, gradebook, keys, issuer_keys, verify),
    *(doctor, packs, designs, sandbox),
):
    main.add_command(command)
