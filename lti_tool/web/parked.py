"""A login that waits in an address of ours until its person opens a new window.

The parameters hold a user's id in some LMSs, so the address carries them encrypted and for as long
as a login may take. Nothing is stored: the key comes from the installation's secret.
"""

import base64
import hmac
import json
import zlib
from dataclasses import asdict
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken

from lti_tool.domain.errors import LoginExpired
from lti_tool.services.launches import Login


def park(login: Login, secret_key: str, now: datetime) -> str:
    """The login as one opaque word for an address. Packed, for a message hint may be long."""
    packed = zlib.compress(json.dumps(asdict(login)).encode(), 9)
    return _box(secret_key).encrypt_at_time(packed, int(now.timestamp())).decode()


def resume(word: str, secret_key: str, now: datetime, *, seconds: float) -> Login:
    """The login that was parked no more than that many seconds ago. Raises LoginExpired."""
    try:
        packed = _box(secret_key).decrypt_at_time(word.encode(), int(seconds), int(now.timestamp()))
    except InvalidToken:
        raise LoginExpired("the parked login is too old, or not ours") from None
    return Login(**json.loads(zlib.decompress(packed)))


def _box(secret_key: str) -> Fernet:
    """A key for this use alone, so that what is sealed here opens nowhere else."""
    key = hmac.digest(secret_key.encode(), b"parked login", "sha256")
    return Fernet(base64.urlsafe_b64encode(key))
