"""The processes that render certificates, as the system lists them (Linux)."""

from pathlib import Path


def renderers(parent: int | None = None, megabytes: int | None = None) -> set[int]:
    """The ids of those alive; where given, only the children of `parent`, and only those that may
    take so much memory: a process has one for each number of megabytes.
    """
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            # After the name in parentheses: the state, and the parent's id.
            state, of = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if b"lti_tool.pdf" not in words or state == "Z":
            continue
        # The last word is the number of megabytes, and the list of words ends with an empty one.
        if parent in (None, int(of)) and megabytes in (None, int(words[-2])):
            found.add(int(folder.name))
    return found
