"""Certificates that are issued and not made yet, as many as a benchmark wants."""

import secrets
from dataclasses import replace

from lti_tool.domain.certificate import State, new_codes
from lti_tool.domain.people import Role
from lti_tool.models.certificate import Certificate
from lti_tool.pdf import dump_facts
from lti_tool.services.unit import Rounds
from tests import factories
from tests.certificates import FACTS


def issue(rounds: Rounds, count: int) -> list[int]:
    """The facts of bench_certificate in the names of so many interns of a new course, each owed."""
    numbers = []
    with rounds.work() as unit:
        session = unit.session
        platform = factories.platform(session)
        course = factories.course(session, platform)
        activity = factories.activity(session, course)
        for number in range(count):
            intern = factories.member(session, course, f"Amara Okafor {number}", Role.INTERN)
            codes = new_codes(rounds.settings.origin, secrets.choice)
            facts = replace(
                FACTS,
                person=f"Amara Okafor {number}",
                code=codes.code,
                holder_key=codes.holder_key,
                verify_url=codes.verify_url,
            )
            row = Certificate(
                platform_id=platform.id,
                activity_id=activity.id,
                intern_id=intern.person,
                state=State.VALID,
                token=secrets.token_hex(16),
                code=facts.code,
                holder_key=facts.holder_key,
                design="standard",
                facts=dump_facts(facts),
                issued_at=unit.now,
            )
            session.add(row)
            session.flush()
            rounds.enqueue(session, "certificate", str(row.id))
            numbers.append(row.id)
    return numbers
