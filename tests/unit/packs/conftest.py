"""A way to put packs on disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.packs.small import SMALL_PACK

WritePack = Callable[..., Path]


@pytest.fixture
def write_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WritePack:
    """Write a pack.yaml below the working folder of the test; gives back the pack's folder."""
    monkeypatch.chdir(tmp_path)

    def write(content: str | bytes = SMALL_PACK, folder: str = "suturing") -> Path:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        as_bytes = content if isinstance(content, bytes) else content.encode()
        (place / "pack.yaml").write_bytes(as_bytes)
        return place

    return write
