"""Rendering certificates: a job of the engine, outside of any request and any transaction."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lti_tool import shipped
from lti_tool.domain.errors import CertificatesOff, DesignFaulty, FactsFaulty, RenderFailed
from lti_tool.models.certificate import Certificate
from lti_tool.pdf import Pdf, render_in_process
from lti_tool.services.unit import Rounds


def render(rounds: Rounds, certificate_id: int) -> bool:
    """Make the PDF of an issued certificate, once; whether it is there now.

    What cannot be rendered is noted on the certificate with the code of why, and holds nothing else
    up. A certificate that has its PDF is left alone: later designs never alter it.
    """
    with rounds.reading() as unit:
        row = unit.session.get_one(Certificate, certificate_id)
        if row.sha256 is not None:
            return True
        design, facts = row.design, row.facts
    settings = rounds.settings
    try:
        pdf = render_in_process(
            shipped.folder("templates") / "designs" / design,
            facts,
            seconds=settings.certificate_seconds,
            megabytes=settings.certificate_megabytes,
        )
    except (CertificatesOff, DesignFaulty, FactsFaulty, RenderFailed) as error:
        with rounds.work() as unit:
            unit.session.get_one(Certificate, certificate_id).problem = error.code
        return False
    with rounds.work() as unit:
        _keep(unit.session, certificate_id, pdf, unit.now)
    return True


def _keep(session: Session, certificate_id: int, pdf: Pdf, now: datetime) -> None:
    """Store the file unless another worker already did: the first one stays."""
    session.execute(
        update(Certificate)
        .where(Certificate.id == certificate_id, Certificate.sha256.is_(None))
        .values(pdf=pdf.content, sha256=pdf.sha256, rendered_at=now, problem=None)
    )
