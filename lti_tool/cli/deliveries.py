"""`rounds gradebook`: how LMSs take grades, where each message is, and sending some again."""

from dataclasses import asdict
from datetime import datetime

import click

from lti_tool.cli.frame import NUMBER, as_json, opened, show
from lti_tool.services.delivery_report import Message, Service, messages, services
from lti_tool.services.passback_lists import Stage
from lti_tool.services.retrying_all import retry_all_of_any_course
from lti_tool.settings import load_settings

LONGEST = 10_000
"""Messages in one answer, at the most."""

platform_option = click.option(
    "--platform", type=NUMBER, metavar="N", help="Only of this one of `rounds platform list`."
)


@click.group()
def gradebook() -> None:
    """Messages to the gradebooks of the LMSs."""


@gradebook.command("status")
@as_json
def show_status(as_json: bool) -> None:
    """Say how each LMS takes grades, and since when."""
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = services(unit.session, unit.grade_services)
    text = "\n".join(map(_told_of_service, found)) or "No platform is registered."
    show([_document(one) for one in found], text, as_json=as_json)


@gradebook.command("list")
@platform_option
@click.option("--state", type=click.Choice([str(stage) for stage in Stage]))
@click.option("--limit", type=click.IntRange(1, LONGEST), default=100, show_default=True)
@as_json
def list_messages(platform: int | None, state: str | None, limit: int, as_json: bool) -> None:
    """List messages, the newest first.

    Without a state those that are not sent. It names nobody.
    """
    stage = Stage(state) if state else None
    with opened(load_settings()) as rounds, rounds.reading() as unit:
        found = messages(unit.session, platform=platform, stage=stage, limit=limit)
    text = "\n".join(map(_told, found)) or "There is no such message."
    show([asdict(one) for one in found], text, as_json=as_json)


@gradebook.command("retry")
@click.argument("ids", nargs=-1, type=NUMBER, metavar="[ID]...")
@click.option("--all", "all_refused", is_flag=True, help="All refused ones that need no word each.")
@platform_option
@as_json
def retry(ids: tuple[int, ...], all_refused: bool, platform: int | None, as_json: bool) -> None:
    """Send messages again.

    Refused or uncertain ones by their numbers in the list, or with --all the refused ones.
    """
    if bool(ids) == all_refused:
        raise click.UsageError("give the numbers of messages, or --all")
    if ids and platform is not None:
        raise click.UsageError("--platform goes with --all")
    with opened(load_settings()) as rounds:
        if all_refused:
            count = retry_all_of_any_course(rounds, platform)
        else:
            with rounds.work() as unit:
                count = unit.retrying.retry_of_any_course(ids)
    words = "One message is" if count == 1 else f"{count} messages are"
    show({"sent_again": count}, f"{words} on the way again.", as_json=as_json)


@gradebook.command("resume")
@click.argument("platform", type=NUMBER)
@as_json
def resume(platform: int, as_json: bool) -> None:
    """Try an LMS again now that is left alone.

    PLATFORM is its number in `rounds platform list`. One that asked for a rest itself keeps it.
    """
    with opened(load_settings()) as rounds, rounds.work() as unit:
        resumed = unit.retrying.resume_platform(platform)
    words = "It is tried again now." if resumed else "It is not left alone, or asked for it itself."
    show({"resumed": resumed}, words, as_json=as_json)


def _told(one: Message) -> str:
    reason = ", ".join(str(said) for said in (one.code, one.status) if said)
    times = "once" if one.attempts == 1 else f"{one.attempts} times"
    where = f"{one.course} / {one.activity}" + (f" / {one.competency}" if one.competency else "")
    words = f"{one.id}: {one.kind}, {one.state}" + (f" ({reason})" if reason else "")
    words += f"; platform {one.platform}; {where}; intern {one.intern}; owed {_moment(one.owed_at)}"
    words += f"; tried {times}" if one.attempts else ""
    words += f"; next {_moment(one.due_at)}" if one.due_at else ""
    return words + (f"; sent {_moment(one.sent_at)}" if one.sent_at else "")


def _told_of_service(one: Service) -> str:
    condition = one.condition
    took = f"last took a grade {_moment(condition.ok_at)}" if condition.ok_at else "took none yet"
    words = f"{one.platform}: {one.name}: {took}"
    if condition.code is not None:
        reason = ", ".join(str(said) for said in (condition.code, condition.status) if said)
        words += f"; {condition.failures} failures since ({reason})"
    if condition.paused_until is not None:
        words += f"; left alone until {_moment(condition.paused_until)}"
    counts = ", ".join(f"{count} {stage}" for stage, count in one.messages.items() if count)
    return words + (f"; messages: {counts}" if counts else "")


def _document(one: Service) -> dict[str, object]:
    return {
        "platform": one.platform,
        "name": one.name,
        **asdict(one.condition),
        "messages": dict(one.messages),
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
