"""Rendering certificates: a job of the engine, outside of any request and any transaction."""

import structlog

from lti_tool.domain.errors import (
    CertificatesOff,
    DesignFaulty,
    FactsFaulty,
    RendererAway,
    RenderFailed,
)
from lti_tool.pdf import render_in_process
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
        pdf = render_in_process(
            order.design,
            order.facts,
            seconds=rounds.settings.certificate_seconds,
            megabytes=rounds.settings.certificate_megabytes,
        )
    except (CertificatesOff, DesignFaulty, FactsFaulty, RendererAway, RenderFailed) as error:
        log.warning("certificate", certificate=certificate_id, code=error.code, why=str(error))
        with rounds.work() as unit:
            unit.renderings.failed(certificate_id, error.code)
            note_missing_file(unit.session, certificate_id, error.code)
        return
    with rounds.work() as unit:
        # In this order: whoever computes a result locks it before the certificate, and so do we.
        send_with_file(unit.session, unit.now, rounds.enqueue, certificate_id)
        unit.renderings.made(certificate_id, pdf)
