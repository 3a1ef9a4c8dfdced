"""Checks of this installation: its settings, keys and deliverers, and its own public address."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

from sqlalchemy import func, select

from lti_tool import pdf
from lti_tool.domain.errors import (
    DesignFaulty,
    EvidenceAway,
    PlatformAnswerWrong,
    RoundsError,
    SealExpired,
    SealRevoked,
    SecretKeyWrong,
    SigningOff,
    TimestampRevoked,
)
from lti_tool.domain.passback import UNFINISHED
from lti_tool.lms.http import Answer, Http
from lti_tool.models.activity import Activity
from lti_tool.models.passback import Passback
from lti_tool.services.delivery_report import services
from lti_tool.services.doctor.findings import Finding, fault, ok, refused, warning
from lti_tool.services.unit import Rounds
from lti_tool.settings import Settings

SOON = timedelta(days=45)
"""How long before a certificate expires it is told: a school takes weeks to get another."""

LATE = timedelta(hours=1)
"""A message that is owed for longer is worth a look: most arrive within seconds."""

EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def address(rounds: Rounds) -> Iterator[Finding]:
    """Whether browsers and LMSs elsewhere can reach the public address at all."""
    origin = rounds.settings.origin
    if rounds.settings.secure_origin:
        yield ok("address", origin)
    else:
        advice = "set ROUNDS_BASE_URL to the https address that browsers use"
        yield warning("address", f"{origin} is reached from this machine only", advice)


def proxies(rounds: Rounds) -> Iterator[Finding]:
    """Whose X-Forwarded-For is believed. TLS is always ended by a proxy: Rounds speaks none."""
    trusted = rounds.settings.trusted_proxies
    if any(network.prefixlen == 0 for network in trusted):
        says = "X-Forwarded-For is believed from anywhere, so that anyone can feign an address"
        yield warning("proxies", says, "name your proxy alone in ROUNDS_TRUSTED_PROXIES")
    elif rounds.settings.secure_origin and not trusted:
        says = "no proxy is trusted, so that all callers count as one"
        yield warning("proxies", says, "name the proxy that ends TLS in ROUNDS_TRUSTED_PROXIES")
    else:
        yield ok("proxies", ", ".join(map(str, trusted)) or "none is trusted")


def signing_keys(rounds: Rounds) -> Iterator[Finding]:
    """Whether every published key opens, and whether the old secret key is still needed."""
    with rounds.reading() as unit:
        try:
            unit.keys.check()
        except RoundsError as error:
            yield refused("keys", error)
            return
        found = unit.keys.all()
    signing = next(key for key in found if key.signs)
    yield ok("keys", f"{len(found)} published; one of {signing.made_at:%Y-%m-%d} signs")
    if rounds.settings.secret_key_old:
        yield _old_secret(replace(rounds, settings=replace(rounds.settings, secret_key_old="")))


def _old_secret(without: Rounds) -> Finding:
    """Whether a Rounds that does not know the old secret key opens everything, too."""
    with without.reading() as unit:
        try:
            unit.keys.check()
        except SecretKeyWrong:
            advice = "start rounds serve or rounds deliver, which encrypts them anew"
            return warning("secret key", "the old one is still needed for stored keys", advice)
    advice = "take ROUNDS_SECRET_KEY_OLD away"
    return warning("secret key", "the old one is set and no longer needed", advice)


def certificates(rounds: Rounds) -> Iterator[Finding]:
    """Whether PDFs can be made on this machine."""
    available, why_not = pdf.available()
    if available:
        yield ok("certificates", "can be made")
    else:
        yield warning("certificates", why_not, "docs/run.md names it", "certificates-off")


def seal(rounds: Rounds) -> Iterator[Finding]:
    """Whether certificates can be signed on this machine, and until when."""
    available, why_not = pdf.signing_available()
    if not available:
        yield warning("seal", why_not, "./dev setup installs it", SigningOff.code)
    with rounds.reading() as unit:
        used = [key for key in unit.issuer_keys.all() if key.retired_at is None]
    until = max((key.valid_until for key in used if key.valid_until), default=None)
    if until is None:
        yield warning("seal", "there is no key that signs certificates", "run: rounds upgrade")
    elif until - SOON < rounds.clock():
        says = f"what certificates are signed with is good until {until:%Y-%m-%d}"
        advice = "docs/certificates.md tells how to bring another"
        yield warning("seal", says, advice, SealExpired.code)
    else:
        yield ok("seal", f"good until {until:%Y-%m-%d}")


def timestamps(rounds: Rounds) -> Iterator[Finding]:
    """Whether the timestamp service, if one is named, gives timestamps, and whether seal and
    service are shown not to be revoked.
    """
    if rounds.timestamps is None:
        return
    try:
        service = pdf.try_stamp(rounds.timestamps)
    except RoundsError as error:
        yield refused("timestamps", error)
        return
    yield ok("timestamps", "given")
    yield _revocation(rounds, "revocation of the service", service, TimestampRevoked.code)
    with rounds.reading() as unit:
        seal = unit.issuer_keys.document_certificates()
    if seal:
        yield _revocation(rounds, "revocation of the seal", seal, SealRevoked.code)


def _revocation(rounds: Rounds, check: str, certificates: Sequence[bytes], code: str) -> Finding:
    found = rounds.revocations(certificates)
    if found.revoked:
        says = "the authority says that its certificate is revoked: no certificate is signed"
        return fault(check, says, "docs/certificates.md tells how to use another", code)
    if found.missing:
        advice = "certificates are signed without evidence; docs/certificates.md has the causes"
        return warning(check, found.missing, advice, EvidenceAway.code)
    return ok(check, "none")


def packs(rounds: Rounds) -> Iterator[Finding]:
    """How many packs were found; a faulty one would have stopped the start."""
    yield ok("packs", f"{len(rounds.catalogue.packs)} found, all sound")


def designs(rounds: Rounds) -> Iterator[Finding]:
    """Whether every design that activities use is there, and those of the school's own make a
    certificate.
    """
    settings = rounds.settings
    found = pdf.designs(settings.design_folders)
    with rounds.reading() as unit:
        used = unit.session.scalars(select(Activity.design).distinct().order_by(Activity.design))
        gone = [name for name in used if name not in {one.name for one in found}]
    for name in gone:
        says = f"activities use {name!r}, which is not there or faulty: their certificates wait"
        advice = "put it back, or have course leads choose another"
        yield warning("designs", says, advice, DesignFaulty.code)
    for one in found:
        try:
            _try_design(one, settings)
        except RoundsError as error:
            yield refused("designs", error, one.name)
            return
    if not gone:
        yield ok("designs", f"{len(found)} found, all sound")


def _try_design(one: pdf.About, settings: Settings) -> None:
    """Make an invented certificate with a design that is not shipped, where any can be made."""
    if one.shipped or not pdf.available()[0]:
        return
    pdf.render_in_process(
        one.folder,
        pdf.dump_facts(pdf.SAMPLE),
        seconds=settings.certificate_seconds,
        megabytes=settings.certificate_megabytes,
        logo=pdf.SAMPLE_LOGO,
    )


def deliverers(rounds: Rounds) -> Iterator[Finding]:
    """Whether a process sends what is owed."""
    with rounds.reading() as unit:
        alive = unit.deliverers.alive()
    if alive:
        yield ok("deliverers", f"{alive} at work")
    else:
        yield fault("deliverers", "none is at work", "start rounds serve or rounds deliver")


def owed(rounds: Rounds) -> Iterator[Finding]:
    """Messages to gradebooks that wait for too long, by the reason they wait."""
    with rounds.reading() as unit:
        rows = unit.session.execute(
            select(Passback.last_code, func.count())
            .where(Passback.state.in_(UNFINISHED), Passback.created_at < unit.now - LATE)
            .group_by(Passback.last_code)
            .order_by(func.count().desc(), Passback.last_code)
        ).all()
    for code, count in rows:
        says = f"{count} owed to gradebooks for more than an hour"
        yield warning("messages", says, "docs/errors.md has what to do", code or "")
    if not rows:
        yield ok("messages", "none is owed for more than an hour")


def left_alone(rounds: Rounds) -> Iterator[Finding]:
    """LMSs to which nothing is sent for a while, because of what they answered."""
    with rounds.reading() as unit:
        found = services(unit.session, unit.grade_services)
    for one in found:
        until = one.condition.paused_until
        if until is not None:
            says = f"{one.name} (platform {one.platform}) is left alone until {until:%H:%M} UTC"
            advice = f"docs/errors.md has what to do; then: rounds gradebook resume {one.platform}"
            if one.condition.asks_for_rest:
                advice = "nothing: the LMS itself asked for that"
            yield warning("gradebooks", says, advice, one.condition.code or "")


def own_address(rounds: Rounds) -> Iterator[Finding]:
    """Whether our public address leads to us, as browsers and LMSs come to it.

    The call leaves and comes back through whatever stands in front. Our own address may be private.
    """
    http = Http(replace(rounds.settings, private_platforms=EVERYWHERE))
    origin = rounds.settings.origin
    try:
        alive = http.get(f"{origin}/healthz")
        keys = http.get_json(f"{origin}/lti/jwks.json")
        published = _key_ids(keys)
    except RoundsError as error:
        yield refused("public address", error, origin)
        return
    with rounds.reading() as unit:
        ours = {key.kid for key in unit.keys.all()}
    if alive.status != 200 or not published & ours:
        advice = "correct ROUNDS_BASE_URL, or what the proxy there leads to"
        yield fault("public address", "something else than this installation answers", advice)
    elif "X-Frame-Options" in alive.headers:
        says = "the proxy adds X-Frame-Options, so that pages stay blank in the LMS's frame"
        yield fault("public address", says, "take that header away in the proxy")
    elif ours - published:
        advice = "let the proxy keep /lti/jwks.json no longer than its Cache-Control says"
        yield warning("public address", "an old copy of our key set is served", advice)
    else:
        yield ok("public address", "answers with our keys")


def _key_ids(answer: Answer) -> set[str]:
    """The ids in a key set. Raises PlatformAnswerWrong."""
    try:
        return {str(key["kid"]) for key in answer.document["keys"]}
    except (TypeError, KeyError):
        raise PlatformAnswerWrong("something else than a key set is served there") from None


LOCAL = (
    *(address, proxies, signing_keys, certificates, seal),
    *(packs, designs, deliverers, owed, left_alone),
)
OUTSIDE = (own_address, timestamps)
