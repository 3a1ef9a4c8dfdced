"""The bytes of a signature that it does not cover itself: whether they are as they were written.

They are its frame, the room it did not need, and its timestamp.
"""

from asn1crypto import cms
from pyhanko.sign.validation import EmbeddedPdfSignature

from lti_tool.pdf.seal import Evidence
from lti_tool.pdf.stamping import DIGEST


def framed(content: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether what the signature does not cover is exactly as it was written.

    The signed attributes cover the signer's certificate; they, the value and the timestamp are
    checked by themselves. All around them is built anew here, and compared.
    """
    _, before, after, _ = map(int, signature.byte_range)
    hole = content[before:after]
    found, info = signature.signed_data, signature.signer_info
    own = signature.signer_cert
    given = {name: info[name] for name in ("signature_algorithm", "signed_attrs", "signature")}
    if len(info["unsigned_attrs"]):
        given["unsigned_attrs"] = info["unsigned_attrs"]
        if not _stamp_framed(info["unsigned_attrs"]):
            return False
    digest = {"algorithm": DIGEST}
    name = cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number})
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": name}),
        "digest_algorithm": digest,
        **given,
    }
    framed = {
        "version": "v1",
        "digest_algorithms": [digest],
        "encap_content_info": {"content_type": "data"},
        "certificates": found["certificates"],
        "signer_infos": [signer],
    }
    whole = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(framed)})
    written: bytes = whole.dump().hex().upper().encode()
    return hole == b"<" + written.ljust(len(hole) - 2, b"0") + b">"


def _stamp_framed(attributes: cms.CMSAttributes) -> bool:
    """Whether there is one timestamp and nothing else, and what it does not cover of itself is as
    standards have it (RFC 5652 §5.1 and §5.3): services write their tokens a little differently.
    """
    if [one["type"].native for one in attributes] != ["signature_time_stamp_token"]:
        return False
    [token] = attributes[0]["values"]
    found = token["content"]
    [signer] = found["signer_infos"]
    algorithms = [*found["digest_algorithms"], signer["digest_algorithm"]]
    return (
        (found["version"].native, signer["version"].native) == ("v3", "v1")
        and len({one["algorithm"].native for one in algorithms}) == 1
        and all(one["parameters"].dump() in (b"", b"\x05\x00") for one in algorithms)
    )


def foreseen(signature: EmbeddedPdfSignature, evidence: Evidence) -> bool:
    """Whether there is a timestamp, all its certificates stand with the evidence, which the
    signature covers, and it holds nothing that neither it nor the signature covers.
    """
    if not len(signature.signer_info["unsigned_attrs"]):
        return False
    found = token_of(signature)
    [signer] = found["signer_infos"]
    bare = not len(found["crls"]) and not len(signer["unsigned_attrs"])
    given = {one.chosen.dump() for one in found["certificates"]}
    return bare and given <= set(evidence.certificates)


def token_of(signature: EmbeddedPdfSignature) -> cms.SignedData:
    """The timestamp of a signature that has one."""
    [attribute] = signature.signer_info["unsigned_attrs"]
    [token] = attribute["values"]
    return token["content"]
