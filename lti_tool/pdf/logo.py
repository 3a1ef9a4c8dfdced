"""The logo of a school, as its certificates show it."""

import base64
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that certificates can show; one from outside goes through `check_logo` first."""

    content: bytes
    media_type: str
    """image/png, image/jpeg or image/svg+xml."""

    @property
    def address(self) -> str:
        """The picture itself, as a `data:` address."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"
