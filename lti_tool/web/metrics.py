"""What an operator's Prometheus reads, and the counting of logins and launches for it.

Without the setting `metrics_token` there is no such page. The figures come from the database, so
that any process tells them for all.
"""

import hmac
from collections.abc import Iterator

import structlog
from flask import Blueprint, Response, abort, g, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from lti_tool.domain.errors import DatabaseAway
from lti_tool.services.metrics import Figures
from lti_tool.services.tallies import NO_PLATFORM, Event
from lti_tool.services.unit import Unit
from lti_tool.web import journal
from lti_tool.web.session import rounds

metrics = Blueprint("metrics", __name__)

COUNTED = {"lti.login": Event.LOGIN, "lti.launch": Event.LAUNCH}
"""The views whose outcomes are counted."""

TOO_MANY = 429
"""Not counted: turning away one try more must cost less than the try."""

ANSWERS = {
    Event.LOGIN: ("rounds_login", "Logins an LMS began, and how long our part took."),
    Event.LAUNCH: ("rounds_launch", "Launches posted to us, and how long our part took."),
    Event.DELIVERY: ("rounds_delivery", "Calls about owed messages, and how long the LMS took."),
}

log = structlog.get_logger("rounds.web")


@metrics.get("/metrics")
def expose() -> Response:
    """The figures as text, for whoever brings the token."""
    token = rounds().settings.metrics_token
    if not token:
        abort(404)
    brought = request.authorization
    given = (brought.token or "") if brought and brought.type == "bearer" else ""
    if not hmac.compare_digest(given.encode(), token.encode()):
        journal.refused("metrics-token-wrong", "the token is not that of metrics_token")
        response = Response("metrics-token-wrong\n", 401, mimetype="text/plain")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    rounds().check_database()
    with rounds().work() as unit:
        for count in rounds().gathered.take():
            unit.tallies.add(count)
        figures = unit.metrics.read()
    registry = CollectorRegistry()
    registry.register(_Figures(figures))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def count_accepted(unit: Unit, platform: int) -> None:
    """Count this login or launch as done; every few seconds one writes what was gathered."""
    gathered = rounds().gathered
    gathered.add(COUNTED[request.endpoint or ""], platform, "accepted", journal.passed())
    for count in gathered.due():
        unit.tallies.add(count)


def count_refused(code: str, status: int) -> None:
    """Count this request if it was a login or a launch. No fault of counting becomes the page's."""
    event = COUNTED.get(request.endpoint or "")
    if event is None or status == TOO_MANY:
        return
    if code == DatabaseAway.code:
        # Written by whoever gets through next: to ask once more would make this page wait again.
        platform = g.facts.get("platform", NO_PLATFORM)
        rounds().gathered.add(event, platform, "refused", journal.passed(), code)
        return
    try:
        with rounds().work() as unit:
            platform = g.facts.get("platform")
            unit.tallies.count(event, platform, "refused", code, journal.passed())
    except Exception:
        # Most likely the database went away just now, and the page to be given says what matters.
        log.warning("uncounted", code=code, exc_info=True)


class _Figures(Collector):
    """Figures in the words of Prometheus."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from self._owed()
        yield from self._gradebooks()
        yield from self._work()
        yield from self._counts()

    def _owed(self) -> Iterator[Metric]:
        labels = ["platform", "state", "code"]
        number = GaugeMetricFamily(
            "rounds_messages", "Messages to LMSs that are not done with.", labels=labels
        )
        age = GaugeMetricFamily(
            "rounds_messages_oldest_seconds", "Age of the oldest of them.", labels=labels
        )
        for owed in self._figures.owed:
            of = [str(owed.platform), owed.state, owed.code]
            number.add_metric(of, owed.messages)
            age.add_metric(of, owed.oldest_seconds)
        yield from (number, age)

    def _gradebooks(self) -> Iterator[Metric]:
        failures = GaugeMetricFamily(
            "rounds_gradebook_failures",
            "Tries in a row in which an LMS took nothing.",
            labels=["platform", "code"],
        )
        silence = GaugeMetricFamily(
            "rounds_gradebook_silence_seconds",
            "Since an LMS last took a message.",
            labels=["platform"],
        )
        for one in self._figures.gradebooks:
            failures.add_metric([str(one.platform), one.code], one.failures)
            if one.silence_seconds is not None:
                silence.add_metric([str(one.platform)], one.silence_seconds)
        yield from (failures, silence)

    def _work(self) -> Iterator[Metric]:
        figures = self._figures
        certificates = GaugeMetricFamily(
            "rounds_certificates", "Valid certificates without a file.", labels=["state"]
        )
        certificates.add_metric(["waiting"], figures.certificates_waiting)
        certificates.add_metric(["failed"], figures.certificates_failed)
        yield certificates
        yield GaugeMetricFamily(
            "rounds_deliverers", "Deliverers that live.", value=figures.deliverers_alive
        )
        if figures.deliverer_silence_seconds is not None:
            yield GaugeMetricFamily(
                "rounds_deliverer_silence_seconds",
                "Since the last sign of life of any deliverer.",
                value=figures.deliverer_silence_seconds,
            )

    def _counts(self) -> Iterator[Metric]:
        labels = ["platform", "outcome", "code"]
        families = {
            event: SummaryMetricFamily(f"{name}_seconds", told, labels=labels)
            for event, (name, told) in ANSWERS.items()
        }
        for count in self._figures.counts:
            of = [str(count.platform), count.outcome, count.code]
            families[count.event].add_metric(of, count.times, count.seconds)
        yield from families.values()
