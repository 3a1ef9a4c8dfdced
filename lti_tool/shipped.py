"""Find the folders that are shipped beside the code: templates/ and config/.

In a wheel they lie inside the package, in a checkout beside it. The search starts from this file,
never from the name of the package, so that a checkout always reads its own files.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The shipped folder called `name`. Raises FileNotFoundError if the installation lacks it."""
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"Rounds was installed without its folder {name!r}; install it again.")
