"""Rendering certificates: a job of the engine, outside of any request and any transaction."""

import hashlib
from dataclasses import replace

import structlog

from lti_tool.domain.errors import RoundsError
from lti_tool.pdf import Pdf, Seal, find_design, render_in_process, sign
from lti_tool.services.renderings import NOT_MADE, Order
from lti_tool.services.resending import note_missing_file, send_with_file
from lti_tool.services.unit import Rounds

log = structlog.get_logger("rounds.rendering")


def render(rounds: Rounds, certificate_id: int) -> None:
    """Make the file of an issued certificate, once, and let go the messages that wait for it.

    What cannot be made is noted with the code of why (see services.renderings) and holds nothing
    else up. A certificate that has its file is left alone: later designs never alter it.
    """
    with rounds.work() as unit:
        order = unit.renderings.take(certificate_id)
    if order is None:
        return
    try:
        with rounds.work() as unit:
            # Kept as soon as it is made, so that a further try has the same one.
            credential = unit.credentials.of(certificate_id)
            seal = unit.issuer_keys.document_seal()
        pdf = _make(rounds, order, seal, credential)
        with rounds.work() as unit:
            # In this order: whoever revokes a key locks it before certificates, whoever computes a
            # result locks that before the certificate, and so do we.
            unit.issuer_keys.require_unrevoked(seal, credential)
            send_with_file(unit.session, unit.now, rounds.enqueue, certificate_id)
            unit.renderings.made(certificate_id, pdf)
    except RoundsError as error:
        if error.code not in NOT_MADE:
            raise
        log.warning("certificate", certificate=certificate_id, code=error.code, why=str(error))
        with rounds.work() as unit:
            unit.renderings.failed(certificate_id, error.code)
            note_missing_file(unit.session, certificate_id, error.code)


def _make(rounds: Rounds, order: Order, seal: Seal, credential: str) -> Pdf:
    """The signed file, which carries its credential.

    Signed is here, and not in the process that lays out: what a design can do there, it does
    without a key.
    """
    pdf = render_in_process(
        find_design(order.design, rounds.settings.design_folders),
        order.facts,
        seconds=rounds.settings.certificate_seconds,
        megabytes=rounds.settings.certificate_megabytes,
        attachment=credential.encode(),
        logo=order.logo,
    )
    signed = sign(
        pdf.content,
        seal,
        name=order.facts["issuer"],
        stamp=rounds.timestamps,
        vouch=rounds.revocations,
    )
    return replace(pdf, content=signed, sha256=hashlib.sha256(signed).hexdigest())
