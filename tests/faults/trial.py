"""A trial: supervisors submit while processes are killed; then the gradebook is held to account."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from lti_tool.domain.passback import SendWhen
from lti_tool.domain.people import Actor, Role
from lti_tool.domain.scoring import GradeMapping
from lti_tool.domain.standard import Standard
from lti_tool.models.activity import Activity
from lti_tool.models.person import Membership
from lti_tool.services.activities import Choice
from lti_tool.services.unit import Rounds
from tests import factories
from tests.faults.killer import Killer
from tests.faults.ledger import Ledger, serving
from tests.faults.processes import Processes, Unit, Victim, installed
from tests.faults.reckoning import differences, unfinished
from tests.faults.supervisors import Supervisor, Window, Work
from tests.gradebook import SCOPES
from tests.stack import START_SECONDS, answers, until
from tests.stand_in import MEMBERSHIP, StandIn, stand_in

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
QUIET_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    """How large a trial is, how the tool is run, and what is killed how often."""

    database_url: str
    commands: Sequence[Sequence[str]]
    """What runs, as words after `rounds`."""
    submits: int
    kills: Mapping[Victim, int]
    seed: int
    supervisors: int = 6
    interns: int = 8
    gone_for_good: int = 0
    """How many deliverers are killed besides with jobs at hand, and never come back."""


@dataclass(frozen=True)
class Account:
    """How a trial went."""

    submits: int
    ways: Counter[str]
    refused: int
    kills: Counter[Victim]
    arrived: int
    repeats: int
    quiet_after: float
    """Seconds from the last submit until all was told."""
    log: str
    differences: list[str]


def run(plan: Plan, folder: Path) -> Account:
    """Start the tool over the plan's database, let it be used and killed, and settle accounts."""
    print(f"seed {plan.seed}")
    log = folder / "log"
    with serving() as ledger, installed(plan.database_url, folder) as (rounds, environment):
        processes = Processes([Unit(words, environment, log) for words in plan.commands])
        killer = Killer(processes, ledger, rounds, plan.seed)
        with processes.running(), stand_in(rounds) as lms:
            until(lambda: answers(f"{rounds.settings.origin}/readyz"), START_SECONDS)
            work, supervisors = _people(plan, rounds, lms, ledger)
            _use(plan, work, supervisors, killer)
            quiet_after = _quiet(rounds)
        return Account(
            submits=len(work.kept),
            ways=Counter(work.ways),
            refused=len(work.refused),
            kills=killer.done,
            arrived=len(ledger.arrived),
            repeats=len(ledger.arrived) - len(set(ledger.arrived)),
            quiet_after=quiet_after,
            log=log.read_text(errors="replace"),
            differences=[
                *work.faults,
                *processes.faults,
                *_unexplained(processes, killer),
                *differences(rounds, ledger, work),
            ],
        )


def _unexplained(processes: Processes, killer: Killer) -> Iterator[str]:
    if processes.deaths > killer.ended:
        yield f"{processes.deaths} units ended, and only {killer.ended} by a kill"


def _quiet(rounds: Rounds) -> float:
    """Wait until nothing is left to be told, or for so long that nothing ever will; seconds."""
    began = time.monotonic()
    while unfinished(rounds) and time.monotonic() < began + QUIET_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - began


# Who uses it --------------------------------------------------------------------------------------


def _people(
    plan: Plan, rounds: Rounds, lms: StandIn, ledger: Ledger
) -> tuple[Work, list[Supervisor]]:
    """An activity with a column a competency, interns, and supervisors who have launched."""
    with rounds.work() as unit:
        platform = unit.session.merge(lms.platform)
        platform.auth_token_url = f"{ledger.origin}/token"
    told = {
        "launch_presentation": {"return_url": f"{ledger.origin}/courses/1"},
        AGS: {"scope": SCOPES, "lineitem": ledger.column("all")},
    }
    Window(rounds.settings.origin).launch(lms, **told)
    work = _set_up(plan, rounds, ledger)
    supervisors = []
    for number in range(plan.supervisors):
        window, name = Window(rounds.settings.origin), f"supervisor-{number}"
        roles = [MEMBERSHIP + "Instructor", ASSISTANT]
        window.launch(lms, sub=name, name=name, roles=roles, **told)
        supervisors.append(Supervisor(window, work, name, f"{plan.seed}-{number}"))
    return work, supervisors


def _set_up(plan: Plan, rounds: Rounds, ledger: Ledger) -> Work:
    with rounds.work() as unit:
        activity = unit.session.scalars(select(Activity)).one()
        lead = unit.session.scalars(select(Membership)).one()
        actor = Actor(lead.person_id, lead.course_id, Role.COURSE_LEAD)
        choice = Choice(
            factories.THREE,
            Standard(),
            GradeMapping.TABLE,
            SendWhen.AS_SCORED,
            competency_columns=True,
        )
        unit.activities.choose(actor, activity.id, choice)
        unit.session.refresh(activity)
        for column in activity.columns:
            if column.competency_id:
                column.lineitem_url = ledger.column(column.competency_id)
        chosen = unit.activities.view(actor.course, activity.id).chosen
        interns = [
            factories.member(unit.session, activity.course, f"Intern {n}", Role.INTERN).person
            for n in range(plan.interns)
        ]
    criteria = {one.competency.id: [each.id for each in one.competency.criteria] for one in chosen}
    return Work(interns, criteria)


def _use(plan: Plan, work: Work, supervisors: Sequence[Supervisor], killer: Killer) -> None:
    """Submit and kill at once, until all is submitted."""
    each, rest = divmod(plan.submits, len(supervisors))
    with ThreadPoolExecutor(len(supervisors)) as people:
        submitting = [
            people.submit(one.submit, each + (number < rest))
            for number, one in enumerate(supervisors)
        ]

        def progress() -> float:
            over = all(one.done() for one in submitting)
            return 1.0 if over else len(work.kept) / plan.submits

        killer.go(plan.kills, progress)
        for _ in range(plan.gone_for_good):
            killer.kill_for_good()
    for one in submitting:
        one.result()
