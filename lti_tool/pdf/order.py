"""What a rendering child is told to make, and how that goes through the pipe."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from lti_tool.pdf.logo import Logo


@dataclass(frozen=True, slots=True)
class Order:
    """One certificate to be made, of stored facts, within `seconds`."""

    folder: str
    facts: Mapping[str, Any]
    seconds: float
    attachment: bytes | None
    logo: Logo | None

    def send(self, pipe: Connection) -> None:
        """In three messages. Raises OSError when nobody listens."""
        words = {
            "folder": self.folder,
            "facts": self.facts,
            "seconds": self.seconds,
            "attached": self.attachment is not None,
            "logo": self.logo and self.logo.media_type,
        }
        pipe.send_bytes(json.dumps(words).encode())
        pipe.send_bytes(self.attachment or b"")
        pipe.send_bytes(self.logo.content if self.logo else b"")

    @classmethod
    def receive(cls, pipe: Connection) -> "Order":
        """What `send` sent. Raises OSError and EOFError when nobody will."""
        words = json.loads(pipe.recv_bytes())
        attachment, picture = pipe.recv_bytes(), pipe.recv_bytes()
        return cls(
            words["folder"],
            words["facts"],
            words["seconds"],
            attachment if words["attached"] else None,
            Logo(picture, words["logo"]) if words["logo"] else None,
        )
