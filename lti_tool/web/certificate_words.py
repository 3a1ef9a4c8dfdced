"""Why the file of a certificate is not there, and what a course lead can do, in words by code."""

from flask_babel import gettext as _

from lti_tool.web.session import launched


@launched.app_template_filter("why_no_file")
def why_no_file(code: str) -> str:
    """What happened, as a sentence; "" for what has nothing to do with files."""
    words = {
        "certificate-design-faulty": _("The certificate's design has a fault."),
        "certificate-design-lacks": _("The certificate's design needs more than the school gave."),
        "certificate-facts-faulty": _("The certificate could not be printed from its facts."),
        "certificate-render-failed": _("The certificate's file could not be made."),
        "certificate-signing-failed": _("The certificate's file could not be signed."),
        "certificates-off": _("This installation makes no certificate files."),
        "renderer-away": _("The certificate's file could not be made yet."),
        "seal-expired": _("What certificates are signed with has expired."),
        "seal-revoked": _("What certificates are signed with has been revoked."),
        "secret-key-wrong": _("The certificate's file could not be signed yet."),
        "signing-off": _("The certificate's file could not be signed yet."),
        "timestamp-away": _("The service that says when a certificate was signed does not answer."),
        "timestamp-revoked": _("The service that says when a certificate was signed was shut out."),
    }
    return str(words.get(code, ""))


def file_to_do(code: str) -> str:
    """What a course lead can do about it, in words that go on after "What to do:"; "" as above."""
    words = {
        "certificate-design-faulty": _("ask whoever runs Rounds to look at the design."),
        "certificate-design-lacks": _(
            "issue it again once the school has given that, or in another design."
        ),
        "certificate-facts-faulty": _("send this page's code to whoever runs Rounds."),
        "certificate-render-failed": _("send again; if it repeats, tell whoever runs Rounds."),
        "certificate-signing-failed": _("send again; if it repeats, tell whoever runs Rounds."),
        "certificates-off": _("ask whoever runs Rounds to install what is missing."),
    }
    return str(words.get(code, ""))
