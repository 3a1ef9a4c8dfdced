"""Refusals to make or to give out a certificate."""

from lti_tool.domain.errors.families import Conflict, Invalid, NotFound, Unavailable


class CertificatesOff(Unavailable):
    """A system library that PDFs are made with is not installed; the text names it."""

    code = "certificates-off"


class DesignFaulty(Invalid):
    """A design's folder lacks something, or its template asks for what no certificate has."""

    code = "certificate-design-faulty"


class DesignLacks(DesignFaulty):
    """A design cannot do without something that the school has not given: the text names it."""

    code = "certificate-design-lacks"


class LogoFaulty(Invalid):
    """A file is no picture that certificates can show, or one that asks for more than itself."""

    code = "logo-faulty"


class LogoTooLarge(Invalid):
    """A picture for certificates has too many bytes or points."""

    code = "logo-too-large"


class FactsFaulty(Invalid):
    """The frozen facts of a certificate lack something, or hold what cannot be printed."""

    code = "certificate-facts-faulty"


class RenderFailed(Unavailable):
    """Making the PDF took too long, too much memory, or broke."""

    code = "certificate-render-failed"


class RendererAway(Unavailable):
    """No process could be started that makes PDFs, whatever the certificate."""

    code = "renderer-away"


class SampleBusy(Unavailable):
    """Another sample of a certificate is being made."""

    code = "sample-busy"


class CertificateEnded(NotFound):
    """The certificate at this address was superseded or revoked."""

    code = "certificate-ended"


class CertificateNotReady(Unavailable):
    """The certificate was issued and its PDF is being made."""

    code = "certificate-not-ready"


class CertificateNotEarned(Conflict):
    """The intern does not meet the standard, or holds what was to be issued already."""

    code = "certificate-not-earned"


class CertificateChanged(Conflict):
    """Something was done about the certificate after the page was loaded."""

    code = "certificate-changed"
