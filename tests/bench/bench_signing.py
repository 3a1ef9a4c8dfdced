"""How long signing a certificate takes and what it adds: prints a Markdown table.

Run by `./dev bench`, or `python -m tests.bench.bench_signing`. The timestamp service answers in
this process: its signature is timed and no network. `rounds verify` checks in a process of its own,
whose start takes a second more.
"""

import logging
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import jwt

from lti_tool import pdf, shipped
from lti_tool.credentials.seals import make_seal
from lti_tool.domain.credential import credential
from lti_tool.domain.issuer import Issuer
from lti_tool.pdf.checking import check
from tests import timestamping
from tests.authorities import Authority
from tests.bench.bench_certificate import resident
from tests.certificates import FACTS
from tests.seals import STAMPING, authority, issued, rsa_key

WARM = 30
MANY = 1000
ISSUER = Issuer("https://rounds.northgate.example/issuers/1", FACTS.issuer)


def milliseconds(work: Callable[[], object]) -> str:
    """The median of many calls, on the clock."""
    took = []
    for _ in range(WARM):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return f"{statistics.median(took):.0f} ms"


def main() -> None:
    """Sign one laid-out certificate again and again, and print what it took."""
    design = pdf.load_design(shipped.folder("templates") / "designs" / "standard")
    now = datetime.now(UTC)
    payload = credential(FACTS, ISSUER, ISSUER.achievement("a1"), issued_at=now)
    token = jwt.encode(payload, rsa_key(), "RS256").encode()
    plain = pdf.render(design, FACTS, attachment=token).content
    root = authority()
    own = make_seal(ISSUER.address, now)
    rsa = issued("Seal of Northgate", root, rsa_key()).seal(root)

    office, clock_office = Authority(root), Authority()
    sealed = office.issue(key=rsa_key())
    service = clock_office.issue("Clock", key=rsa_key(), purposes=STAMPING)
    brought = sealed.seal(root)
    told = {
        one.certificates: one for one in (office.evidence(sealed), clock_office.evidence(service))
    }
    stamp = timestamping.stamp_by(service, clock_office.own)

    def vouch(certificates: Sequence[bytes]) -> pdf.Evidence:
        return told.get(tuple(certificates), pdf.Evidence())

    def sign(
        seal: pdf.Seal = own, stamp: pdf.Stamp | None = None, vouch: pdf.Vouch | None = None
    ) -> bytes:
        return pdf.sign(plain, seal, name=FACTS.issuer, stamp=stamp, vouch=vouch)

    def lasting(seal: pdf.Seal) -> bytes:
        return sign(seal, stamp, vouch)

    signed = sign()
    full = lasting(brought)
    logging.disable()
    rows = [
        ("P-256, our own certificate", milliseconds(sign), signed),
        ("RSA-2048, with its authority's", milliseconds(lambda: sign(rsa)), sign(rsa)),
        ("P-256 with a timestamp", milliseconds(lambda: sign(own, stamp)), sign(own, stamp)),
        ("P-256 with a timestamp and evidence", milliseconds(lambda: lasting(own)), lasting(own)),
        ("RSA-2048 with both", milliseconds(lambda: lasting(brought)), full),
        ("check of the signature", milliseconds(lambda: check(signed)), None),
        ("check of one with evidence", milliseconds(lambda: check(full)), None),
    ]
    before = resident()
    for _ in range(MANY):
        sign()
    rows.append((f"memory that {MANY} more took", f"{resident() - before:.1f} MB", None))
    print(f"| Signing a certificate of {len(plain) / 1000:.0f} kB, median of {WARM} | | adds |")
    print("|---|--:|--:|")
    for name, took, file in rows:
        added = f"{(len(file) - len(plain)) / 1000:.1f} kB" if file else ""
        print(f"| {name} | {took} | {added} |")


if __name__ == "__main__":
    main()
