"""One unit of work: one session, one transaction, and the services that share them.

This is the only place that commits, and the only place that knows how services are put together.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.domain.errors import DatabaseAway
from lti_tool.packs import Catalogue
from lti_tool.services.activities import Activities
from lti_tool.services.arrivals import Arrivals
from lti_tool.services.assessments import Assessments
from lti_tool.services.audit import Audit
from lti_tool.services.bindings import Bindings
from lti_tool.services.certificate_ways import CertificateWays
from lti_tool.services.certificates import Certificates
from lti_tool.services.class_certificates import ClassCertificates
from lti_tool.services.columns import Columns
from lti_tool.services.course_activities import CourseActivities
from lti_tool.services.credentials import Credentials
from lti_tool.services.deep_links import DeepLinks
from lti_tool.services.deliverers import Deliverers
from lti_tool.services.deliveries import Deliveries
from lti_tool.services.enqueue import Enqueue
from lti_tool.services.flags import Flags
from lti_tool.services.grade_services import GradeServices
from lti_tool.services.gradebook import Gradebook
from lti_tool.services.gradebook_overview import GradebookOverview
from lti_tool.services.institutions import Institutions
from lti_tool.services.invitations import Invitations
from lti_tool.services.issuer_keys import IssuerKeys
from lti_tool.services.issuers import Issuers
from lti_tool.services.issuing import Issuing
from lti_tool.services.issuing_by_hand import IssuingByHand
from lti_tool.services.keys import Keys
from lti_tool.services.launches import Gate, Launches
from lti_tool.services.limits import Limits
from lti_tool.services.live_views import LiveViews
from lti_tool.services.metrics import Metrics
from lti_tool.services.notices import Notices
from lti_tool.services.outdated import Outdated
from lti_tool.services.overview import Overview
from lti_tool.services.passback import Passbacks, tell_owed
from lti_tool.services.people import People
from lti_tool.services.registrations import Registrations
from lti_tool.services.renderings import Renderings
from lti_tool.services.results import Results
from lti_tool.services.retrying import Retrying
from lti_tool.services.reviews import Reviews
from lti_tool.services.revocations import Revocations
from lti_tool.services.rosters import Rosters
from lti_tool.services.sessions import Sessions
from lti_tool.services.shown_grades import ShownGrades
from lti_tool.services.tallies import Gathered, Tallies
from lti_tool.services.timestamps import Timestamps
from lti_tool.services.transcripts import Transcripts
from lti_tool.services.verification import Verifications
from lti_tool.settings import Settings


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Rounds:
    """Everything a process is given once: settings, database, competencies, engine, clock."""

    settings: Settings
    engine: Engine
    catalogue: Catalogue
    enqueue: Enqueue
    clock: Callable[[], datetime] = utc_now

    @cached_property
    def gate(self) -> Gate:
        """What checks launches; it keeps the keys of platforms for this process."""
        return Gate(self.settings)

    @cached_property
    def gathered(self) -> Gathered:
        """What this process counted and has not written yet."""
        return Gathered(self.settings.tally_seconds)

    @cached_property
    def timestamps(self) -> Timestamps | None:
        """What asks the timestamp service, where there is one."""
        return Timestamps(self.settings) if self.settings.timestamp_url else None

    @cached_property
    def revocations(self) -> Revocations:
        """What asks authorities whether they revoked a certificate; it keeps their answers."""
        return Revocations(self.settings, self.clock)

    def check_database(self) -> None:
        """Raise DatabaseAway unless the database answers."""
        db.check_reachable(self.engine)

    def away(self, fault: BaseException) -> DatabaseAway | None:
        """What to tell of a fault of the database itself; None where the fault is our own."""
        return db.away(fault)

    @contextmanager
    def work(self) -> Iterator["Unit"]:
        """A unit that may write: commits when the block ends well, else leaves no trace."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield Unit(self, session, self.clock())
            session.commit()
            tell_owed(session)

    @contextmanager
    def reading(self) -> Iterator["Unit"]:
        """A unit that only reads: nothing it does is kept."""
        with Session(self._reader) as session:
            yield Unit(self, session, self.clock())

    @cached_property
    def _reader(self) -> Engine:
        """The same engine, whose transactions say that they only read. Slow to make: made once."""
        return self.engine.execution_options(**{db.READ_ONLY: True})


@dataclass(frozen=True)
class Unit:
    """A session, the moment it began, and the services over it, each made when first asked for."""

    rounds: Rounds
    session: Session
    now: datetime

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.session, self.now)

    @cached_property
    def registrations(self) -> Registrations:
        return Registrations(self.session, self.now, self.audit)

    @cached_property
    def invitations(self) -> Invitations:
        hours = self.rounds.settings.invitation_hours
        return Invitations(self.session, self.now, self.audit, self.registrations, hours=hours)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self.session, self.now, self.rounds.settings, self.audit)

    @cached_property
    def issuer_keys(self) -> IssuerKeys:
        return IssuerKeys(self.session, self.now, self.rounds.settings, self.audit)

    @cached_property
    def deliverers(self) -> Deliverers:
        silence = self.rounds.settings.engine_silence_seconds
        return Deliverers(self.session, self.now, silence)

    @cached_property
    def deliveries(self) -> Deliveries:
        rounds = self.rounds
        return Deliveries(
            self.session, self.now, rounds.enqueue, rounds.settings, self.grade_services
        )

    @cached_property
    def grade_services(self) -> GradeServices:
        return GradeServices(self.session, self.now, self.rounds.settings)

    @cached_property
    def sessions(self) -> Sessions:
        settings = self.rounds.settings
        return Sessions(
            self.session,
            self.now,
            idle_minutes=settings.session_idle_minutes,
            warning_minutes=settings.session_warning_minutes,
        )

    @cached_property
    def launches(self) -> Launches:
        rounds = self.rounds
        bindings = Bindings(self.session, self.now, self.audit)
        arrivals = Arrivals(self.session, self.now, rounds.settings, rounds.enqueue, bindings)
        return Launches(
            self.session,
            self.now,
            arrivals,
            self.sessions,
            self.reviews,
            login_seconds=rounds.settings.login_seconds,
        )

    @cached_property
    def reviews(self) -> Reviews:
        return Reviews(self.session)

    @cached_property
    def people(self) -> People:
        return People(self.session, self.now, self.audit, self.rounds.settings.role_names)

    @cached_property
    def rosters(self) -> Rosters:
        return Rosters(self.session, self.now, self.rounds.settings, self.rounds.enqueue)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.session, self.now)

    @cached_property
    def activities(self) -> Activities:
        rounds = self.rounds
        return Activities(
            self.session,
            self.now,
            rounds.catalogue,
            self.audit,
            rounds.enqueue,
            self.institutions,
            rounds.settings.design_folders,
        )

    @cached_property
    def deep_links(self) -> DeepLinks:
        return DeepLinks(self.session, self.now, self.rounds.settings, self.audit, self.activities)

    @cached_property
    def course_activities(self) -> CourseActivities:
        return CourseActivities(self.session, self.launches)

    @cached_property
    def assessments(self) -> Assessments:
        return Assessments(
            self.session, self.now, self.audit, self.people, self.activities, self.results
        )

    @cached_property
    def results(self) -> Results:
        return Results(self.session, self.now, self.issuing, self.gradebook)

    @cached_property
    def outdated(self) -> Outdated:
        return Outdated(self.session, self.now)

    @cached_property
    def gradebook(self) -> Gradebook:
        return Gradebook(self.now, self.passbacks, self.live_views)

    @cached_property
    def live_views(self) -> LiveViews:
        return LiveViews(self.session, self.now, self.rounds.settings.launch_url)

    @cached_property
    def passbacks(self) -> Passbacks:
        rounds = self.rounds
        return Passbacks(self.session, self.now, rounds.enqueue, rounds.settings, self.audit)

    @cached_property
    def retrying(self) -> Retrying:
        enqueue = self.rounds.enqueue
        return Retrying(self.session, self.now, enqueue, self.audit, self.grade_services)

    @cached_property
    def columns(self) -> Columns:
        return Columns(self.session, self.now, self.rounds.enqueue, self.audit)

    @cached_property
    def shown_grades(self) -> ShownGrades:
        return ShownGrades(self.session, self.now, self.rounds.enqueue)

    @cached_property
    def certificates(self) -> Certificates:
        return Certificates(self.session, self.now, self.rounds.settings)

    @cached_property
    def issuing(self) -> Issuing:
        return Issuing(self.session, self.now, self.audit, self.rounds.settings, self.institutions)

    @cached_property
    def institutions(self) -> Institutions:
        folders = self.rounds.settings.design_folders
        return Institutions(self.session, self.now, self.audit, folders)

    @cached_property
    def issuing_by_hand(self) -> IssuingByHand:
        return IssuingByHand(self.session, self.audit, self.people, self.results, self.issuing)

    @cached_property
    def certificate_ways(self) -> CertificateWays:
        days = self.rounds.settings.expiry_reminder_days
        return CertificateWays(self.session, self.now, reminder_days=days)

    @cached_property
    def transcripts(self) -> Transcripts:
        return Transcripts(
            self.session,
            self.now,
            self.audit,
            self.rounds.settings,
            self.results,
            self.institutions,
            self.limits,
        )

    @cached_property
    def class_certificates(self) -> ClassCertificates:
        return ClassCertificates(self.session, self.people, self.certificate_ways)

    @cached_property
    def renderings(self) -> Renderings:
        return Renderings(self.session, self.now, self.rounds.settings)

    @cached_property
    def issuers(self) -> Issuers:
        return Issuers(self.session, self.rounds.settings)

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(self.session, self.now, self.rounds.settings, self.issuers)

    @cached_property
    def verifications(self) -> Verifications:
        return Verifications(self.session, self.now, self.limits)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self.session, self.now, self.rounds.settings)

    @cached_property
    def tallies(self) -> Tallies:
        return Tallies(self.session)

    @cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.session, self.now, self.deliverers, self.tallies)

    @cached_property
    def flags(self) -> Flags:
        return Flags(self.session, self.now, self.audit, self.results)

    @cached_property
    def overview(self) -> Overview:
        return Overview(
            self.session,
            self.now,
            self.people,
            self.activities,
            self.results,
            self.certificates,
            self.certificate_ways,
            self.passbacks,
            self.flags,
            self.grade_services,
        )

    @cached_property
    def gradebook_overview(self) -> GradebookOverview:
        return GradebookOverview(
            self.session,
            self.now,
            self.activities,
            self.passbacks,
            self.retrying,
            self.grade_services,
        )
