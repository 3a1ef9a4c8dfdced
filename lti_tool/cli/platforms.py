"""`rounds platform`: the LMSs that may launch this tool."""

from dataclasses import asdict
from typing import Any

import click

from lti_tool.cli.frame import as_json, opened, show
from lti_tool.lms.products.choose import PRODUCTS
from lti_tool.services.registrations import PlatformView
from lti_tool.settings import load_settings


@click.group()
def platform() -> None:
    """The LMSs that may launch this tool."""


@platform.command("add")
@click.option("--issuer", required=True, metavar="URL", help="What the LMS calls itself.")
@click.option("--client-id", required=True, metavar="ID", help="What the LMS calls this tool.")
@click.option("--auth-login-url", required=True, metavar="URL", help="Where a login is sent on to.")
@click.option("--auth-token-url", required=True, metavar="URL", help="Where it gives out tokens.")
@click.option("--jwks-url", required=True, metavar="URL", help="Where its public keys are.")
@click.option(
    "--deployment-id", "deployment_ids", multiple=True, metavar="ID",
    help="May be given again and again; a launch tells others.",
)  # fmt: skip
@click.option("--product", type=click.Choice(PRODUCTS), default="other", show_default=True)
@click.option("--name", metavar="TEXT", help="What to call it. Default: the issuer's host.")
@click.option("--auth-audience", metavar="TEXT", help="Where it is not the token address.")
@as_json
def add_platform(as_json: bool, **given: Any) -> None:
    """Register an LMS by hand.

    The same issuer and client id again updates it. `rounds platform invite` spares all this where
    the LMS can register itself.
    """
    with opened(load_settings()) as rounds, rounds.work() as unit:
        added = unit.registrations.add(given | {"deployment_ids": list(given["deployment_ids"])})
    show(asdict(added), f"Registered {_told(added)}", as_json=as_json)


@platform.command("list")
@as_json
def list_platforms(as_json: bool) -> None:
    """List the registered platforms."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = unit.registrations.all()
    text = "\n".join(f"{one.id}: {_told(one)}" for one in found) or "No platform is registered."
    show([asdict(one) for one in found], text, as_json=as_json)


@platform.command("invite")
@as_json
def invite_platform(as_json: bool) -> None:
    """Print an address by which an LMS registers itself.

    It works once (dynamic registration).
    """
    settings = load_settings()
    with opened(settings) as rounds, rounds.work() as unit:
        issued = unit.invitations.issue()
    address = f"{settings.origin}/lti/register?code={issued.code}"
    ends = issued.expires_at
    text = f"{address}\nIt works for one registration, until {ends:%Y-%m-%d %H:%M} UTC."
    show({"address": address, "expires_at": ends.isoformat()}, text, as_json=as_json)


def _told(platform: PlatformView) -> str:
    deployments = ", ".join(platform.deployment_ids) or "none yet"
    return (
        f"{platform.name} ({platform.product}): {platform.issuer}, client {platform.client_id}, "
        f"deployments: {deployments}"
    )
