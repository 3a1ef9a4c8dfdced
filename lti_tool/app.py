"""Build the web application: its pages, words, headers and log, over one Rounds."""

import logging
import sys

import structlog
from babel import negotiate_locale
from flask import Flask, g, request
from flask_babel import Babel, get_babel, get_locale
from jinja2 import StrictUndefined

from lti_tool import shipped
from lti_tool.db import make_engine
from lti_tool.jobs import enqueue
from lti_tool.packs import read_catalogue
from lti_tool.pdf import check_designs
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings, load_settings
from lti_tool.web import (
    activity,
    assessment_changes,
    assessments,
    course,
    deep_linking,
    deliveries,
    errors,
    flags,
    gradebook,
    gradebook_page,
    headers,
    home,
    interns,
    issuing,
    journal,
    look,
    people,
    samples,
    transcripts,
)
from lti_tool.web.certificates import certificates
from lti_tool.web.health import health
from lti_tool.web.issuers import issuers
from lti_tool.web.lti import lti
from lti_tool.web.metrics import metrics
from lti_tool.web.notices import notices
from lti_tool.web.proxies import TrustedProxies
from lti_tool.web.registration import registration
from lti_tool.web.session import csrf_token, launched

PAGES = (
    activity,
    assessment_changes,
    assessments,
    course,
    deep_linking,
    deliveries,
    flags,
    gradebook,
    gradebook_page,
    home,
    interns,
    issuing,
    people,
    samples,
    transcripts,
)
"""Modules whose views register on `launched` when they are imported."""

BLUEPRINTS = (health, metrics, lti, registration, notices, launched, certificates, issuers)

LARGEST_REQUEST = 1_000_000
"""Bytes. An id_token with a long list of roles is a tenth of that, and nobody uploads files."""


def create_app(rounds: Rounds) -> Flask:
    """The WSGI application over a Rounds; any number may live in one process."""
    settings = rounds.settings
    app = Flask("rounds", template_folder=str(shipped.folder("templates")), static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        BABEL_DEFAULT_LOCALE=settings.language,
        BABEL_DEFAULT_TIMEZONE=settings.time_zone,
    )
    app.extensions["rounds"] = rounds
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(csrf_token=csrf_token, get_locale=get_locale)
    app.before_request(journal.begin)
    app.teardown_request(journal.end)
    app.context_processor(_for_every_page)
    Babel(app, locale_selector=_locale, timezone_selector=_time_zone)
    look.init_app(app)
    errors.init_app(app)
    headers.init_app(app, strict_transport=settings.secure_origin and settings.hsts)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign] # Flask's documented way
    return app


def make_rounds(settings: Settings) -> Rounds:
    """The Rounds of a process of its own: database, packs and the engine that jobs are handed to.

    Raises PackError when a pack cannot be used, DesignFaulty when a design cannot.
    """
    check_designs(settings.design_folders)
    engine = make_engine(settings.database, pool_size=settings.database_pool)
    return Rounds(settings, engine, read_catalogue(settings.pack_folders), enqueue)


def wsgi() -> Flask:
    """What a WSGI server runs: the application as the environment and the files set it."""
    settings = load_settings()
    configure_log(settings)
    return create_app(make_rounds(settings))


def configure_log(settings: Settings) -> None:
    """Log to standard error: a JSON object a line, or text for a person at a terminal."""
    shown: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if settings.log_format == "json":
        shown = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def _for_every_page() -> dict[str, object]:
    """What the frame of every page asks for. A page that has tabs names its own."""
    return {"launch": g.get("launch"), "tabs": ()}


def _locale() -> str | None:
    """The language of the launch, else of the browser, among those Rounds speaks.

    LMSs send tags such as `en-GB-x-school`; the language before the first hyphen decides then.
    """
    launch = g.get("launch")
    wanted = [launch.locale] if launch else []
    wanted += request.accept_languages.values()
    spoken = [str(locale) for locale in get_babel().instance.list_translations()]
    return negotiate_locale(wanted, spoken, sep="-")


def _time_zone() -> str | None:
    """The time zone of the course; None for the setting's."""
    launch = g.get("launch")
    return launch.time_zone if launch else None
