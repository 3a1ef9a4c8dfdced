"""Check the signature of a PDF with pyHanko: run as a child, because the file may be anybody's.

Stricter than PDF readers are. A signature leaves some bytes of its own uncovered, and these must be
what `pades` writes there, or what it names in the part that is covered (see framing.py): one
changed byte shows, wherever it is.
"""

import io
import json
import logging
import resource
import sys
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    TimestampSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext

from lti_tool.domain.errors import FileChanged, FileUnreadable, FileUnsigned
from lti_tool.pdf.apart import apart
from lti_tool.pdf.evidence import read, shows
from lti_tool.pdf.framing import foreseen, framed, token_of
from lti_tool.pdf.seal import Evidence

MOST_ATTACHMENTS = 10
MOST_PAGES = 1000
LARGEST_ATTACHMENT = 1024 * 1024


def check(content: bytes) -> dict[str, Any]:
    """What a document's one signature covers and says: see `checked.Checked`, whose fields it has.

    Whose key it is, and whether it may be trusted, is not asked here. Raises FileUnsigned,
    FileChanged, FileUnreadable.
    """
    reader = PdfFileReader(io.BytesIO(content))
    signatures = reader.embedded_signatures
    if not signatures:
        raise FileUnsigned("it bears no signature")
    if len(signatures) > 1:
        raise FileChanged(f"it bears {len(signatures)} signatures where Rounds puts one")
    [signature] = signatures
    nobody = ValidationContext(trust_roots=[])
    status = apart(lambda: validate_pdf_signature(signature, nobody, skip_diff=True))
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise FileChanged("something was added to it after it was signed")
    if not (status.intact and status.valid and framed(content, signature)):
        raise FileChanged("it is not what was signed")
    evidence = read(reader)
    if evidence is not None and not foreseen(signature, evidence):
        raise FileChanged("its timestamp is not of the service that it names")
    return {
        "certificates": [b64encode(one).decode() for one in _certificates(signature)],
        "signed_at": _moment(status.signer_reported_dt),
        **_stamp(status),
        **_level(signature, status.timestamp_validity, evidence),
        "attachments": {name: b64encode(data).decode() for name, data in _attachments(reader)},
        "addresses": sorted(set(_addresses(reader))),
    }


def _level(
    signature: EmbeddedPdfSignature,
    stamp: TimestampSignatureStatus | None,
    evidence: Evidence | None,
) -> dict[str, str | bool]:
    """The level (ETSI EN 319 142-1 §6), and whether the file shows by itself that the signer's
    certificate was not revoked when it was stamped. The service's own clock is believed.
    """
    if stamp is None:
        return {"level": "B-B", "unrevoked": False}
    if evidence is None:
        return {"level": "B-T", "unrevoked": False}
    theirs = [one.chosen.dump() for one in token_of(signature)["certificates"]]
    known = (*_certificates(signature), *theirs)
    unrevoked = shows(evidence, *known, at=stamp.timestamp)
    service = shows(evidence, stamp.signing_cert.dump(), *known, at=stamp.timestamp)
    return {"level": "B-LT" if unrevoked and service else "B-T", "unrevoked": unrevoked}


def _certificates(signature: EmbeddedPdfSignature) -> Iterator[bytes]:
    """The signer's own first."""
    yield signature.signer_cert.dump()
    for other in signature.other_embedded_certs:
        yield other.dump()


def _stamp(status: PdfSignatureStatus) -> dict[str, str | None]:
    """When a timestamp service saw the signature, and what it calls itself."""
    stamp = status.timestamp_validity
    if stamp is None:
        return {"stamped_at": None, "stamped_by": None}
    if not (stamp.intact and stamp.valid):
        raise FileChanged("its timestamp is of something else")
    name = stamp.signing_cert.subject.human_friendly
    return {"stamped_at": _moment(stamp.timestamp), "stamped_by": name}


def _moment(at: Any) -> str | None:
    return at.isoformat() if at is not None and at.tzinfo is not None else None


def _attachments(reader: PdfFileReader) -> Iterator[tuple[str, bytes]]:
    """The associated files of the document (ISO 19005-3, annex E), by their names."""
    for file in list(reader.root.get("/AF", ()))[:MOST_ATTACHMENTS]:
        specification = file.get_object()
        name = str(specification.get("/UF", specification.get("/F", "")))
        data = specification["/EF"]["/F"].data
        if len(data) > LARGEST_ATTACHMENT:
            raise FileUnreadable("it carries a larger file than Rounds attaches")
        yield name, data


def _addresses(reader: PdfFileReader) -> Iterator[str]:
    """Where the links of the pages lead."""
    for number in range(min(int(reader.root["/Pages"]["/Count"]), MOST_PAGES)):
        page = reader.find_page_for_modification(number)[0].get_object()
        for annotation in page.get("/Annots", ()):
            action = annotation.get_object().get("/A", {})
            if "/URI" in action:
                yield str(action["/URI"])


def answer(content: bytes) -> dict[str, Any]:
    """What `check` finds, or the refusal: its code, and its words in `text`."""
    try:
        return check(content)
    except (FileChanged, FileUnreadable, FileUnsigned) as error:
        return {"refusal": error.code, "text": str(error)}
    except Exception as error:
        # Whatever a file that is no document, or made to do harm, makes of the reader.
        text = f"it cannot be read as a PDF: {type(error).__name__}"
        return {"refusal": FileUnreadable.code, "text": text}


def main(seconds: int, megabytes: int) -> None:
    """Answer on standard output about the document on standard input, within these limits."""
    most = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    json.dump(answer(sys.stdin.buffer.read()), sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
