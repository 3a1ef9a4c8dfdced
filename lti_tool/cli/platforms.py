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
@click.option("--issuer", required=True, metavar="URL")
@click.option("--client-id", required=True, metavar="ID")
@click.option("--auth-login-url", required=True, metavar="URL")
@click.option("--auth-token-url", required=True, metavar="URL")
@click.option("--jwks-url", required=True, metavar="URL")
@click.option("--deployment-id", "deployment_ids", multiple=True, metavar="ID")
@click.option("--product", type=click.Choice(PRODUCTS), default="other", show_default=True)
@click.option("--name", metavar="TEXT", help="What to call it. Default: the issuer's host.")
@click.option("--auth-audience", metavar="TEXT", help="Where it is not the token address.")
@as_json
def add_platform(as_json: bool, **given: Any) -> None:
    """Register a platform; the same issuer and client id again updates it."""
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
    """Print an address by which one LMS registers itself (dynamic registration)."""
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
