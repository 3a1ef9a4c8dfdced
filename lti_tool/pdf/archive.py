"""Write a laid-out certificate so that archives keep it and screen readers read it.

PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) at once; WeasyPrint by itself does one of them.
"""

import base64
import io
from datetime import UTC, date, datetime, time
from functools import cache
from importlib import resources
from typing import Any

import pydyf

CREDENTIAL_NAME = "credential.jwt"

_ALSO_UA = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file keeps to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
"""What ISO 14289-1 §5 asks for, with the description of it that ISO 19005-3 §6.6.2.3.2 asks for."""


def write(document: Any, *, author: str, on: date, credential: bytes | None) -> bytes:
    """The PDF of a WeasyPrint document, dated `on`, with the signed credential attached, if any."""
    metadata = document.metadata
    metadata.authors = [author]
    metadata.created = metadata.modified = f"{on}T00:00:00Z"
    if credential is not None:
        metadata.attachments = [*metadata.attachments, _attachment(credential, on)]
    plain = metadata.generate_rdf_metadata

    def with_both(*words: Any) -> Any:
        return plain(*words).replace(b"</rdf:RDF>", _ALSO_UA + b"</rdf:RDF>")

    metadata.generate_rdf_metadata = with_both
    document.color_profiles["srgb"] = _srgb()
    content: bytes = document.write_pdf(
        pdf_variant="pdf/a-3a", output_intent="the profile above", finisher=_finish
    )
    return content


def _srgb() -> Any:
    """What colours mean, made anew each time: a profile that was looked into is written otherwise.

    Left to itself WeasyPrint 70 does the same, and leaves the file open.
    """
    from weasyprint.css import ColorProfile

    names = (["r"], ["g"], ["b"])
    return ColorProfile(io.BytesIO(_profile()), "sRGB2014.icc", "relative-colorimetric", names)


@cache
def _profile() -> bytes:
    return resources.files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()


def _attachment(credential: bytes, on: date) -> Any:
    from weasyprint import Attachment

    day = datetime.combine(on, time(), UTC)
    return Attachment(
        # An address, because WeasyPrint takes the type from nothing else.
        url=f"data:text/plain;base64,{base64.b64encode(credential).decode()}",
        name=CREDENTIAL_NAME,
        description="This certificate for machines: an Open Badges 3.0 credential, signed",
        created=day,
        modified=day,
        relationship="Data",
    )


def _finish(_: Any, pdf: Any) -> None:
    """Mend and shorten what is about to be written."""
    # WeasyPrint 70 names each associated file twice.
    if associated := pdf.catalog.get("AF"):
        associated[:] = dict.fromkeys(associated)
    pdf.objects[:] = [one if one.free == "f" else _Worded(one) for one in pdf.objects]


class _Worded(pydyf.Object):  # type: ignore[misc]  # pydyf has no types
    """An object that has its bytes ready: pydyf 0.13 wants them twice, once for the identifier of
    the file, and would compress each stream as often.
    """

    data = b""
    compressible = False

    def __init__(self, one: pydyf.Object) -> None:
        super().__init__()
        self.number, self.generation = one.number, one.generation
        self.data, self.compressible = one.data, one.compressible
