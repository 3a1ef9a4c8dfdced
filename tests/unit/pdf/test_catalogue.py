"""Where designs are found: those of Rounds, those of a school, and what keeps one from use."""

import os
from pathlib import Path

import pytest

from lti_tool.domain.errors import DesignFaulty
from lti_tool.pdf import check_designs, designs, find_design
from lti_tool.pdf.catalogue import LARGEST_FILE
from tests.designs import own_design
from tests.unit.pdf.designs import DESIGNS


def names(folders: list[Path]) -> list[str]:
    return [one.name for one in designs(folders)]


def test_a_folder_holds_designs_or_is_one(tmp_path: Path) -> None:
    home = tmp_path / "designs"
    first, second = own_design(home), own_design(home, "registry", "Of the registry")
    (home / "README.txt").write_text("no design")
    assert names([home]) == ["formal", "northgate", "registry", "record", "standard"]
    assert names([second]) == ["formal", "registry", "record", "standard"]
    assert [one.name for one in check_designs([home])] == names([home])
    assert find_design("northgate", [home]) == first
    assert {one.name for one in designs([home]) if one.shipped} == set(DESIGNS)


def test_a_folder_that_is_named_twice_is_told(tmp_path: Path) -> None:
    folders = [own_design(tmp_path).parent] * 2
    with pytest.raises(DesignFaulty, match="already"):
        check_designs(folders)
    assert names(folders).count("northgate") == 1


def test_one_that_is_put_there_later_is_found_at_once(tmp_path: Path) -> None:
    folders = [own_design(tmp_path).parent]
    assert "registry" not in names(folders)
    own_design(tmp_path, "registry")
    assert "registry" in names(folders)


def test_a_folder_without_designs_is_refused_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    own = own_design(tmp_path / "full").parent
    for folder, told in (("missing", "cannot be read: No such file"), ("empty", "no design.yaml")):
        folders = [tmp_path / folder, own]
        with pytest.raises(DesignFaulty, match=f"{folder}: {told}"):
            check_designs(folders)
        assert "northgate" in names(folders)
        assert find_design("northgate", folders) == own / "northgate"


@pytest.mark.parametrize("name", ["standard", "northgate"])
def test_a_name_belongs_to_one_design(tmp_path: Path, name: str) -> None:
    """To the shipped one, else to the one in the folder that is named first."""
    first = own_design(tmp_path / "a").parent
    twin = own_design(tmp_path / "b", name, "Twin")
    with pytest.raises(DesignFaulty, match=f"{twin}: a design is called '{name}' already, in /"):
        check_designs([first, twin.parent])
    assert "Twin" not in [one.title for one in designs([first, twin.parent])]
    assert find_design(name, [first, twin.parent]) != twin


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("design.yaml", b"title: [Own", "while parsing"),
        ("design.yaml", b"[" * 100_000, "recursion"),
        ("design.yaml", b"title: Own", "paper"),
        ("design.yaml", b"\xff", "utf-8"),
        ("design.yaml", b"#" * (LARGEST_FILE + 1), "too large"),
        ("certificate.html", None, "certificate.html is no file"),
        ("certificate.css", None, "certificate.css is no file"),
    ],
    ids=["yaml", "deep", "fields", "letters", "size", "html", "css"],
)
def test_what_cannot_be_read_is_refused_by_its_file(
    tmp_path: Path, file: str, content: bytes | None, told: str
) -> None:
    own = own_design(tmp_path)
    (own / file).unlink()
    if content is not None:
        (own / file).write_bytes(content)
    with pytest.raises(DesignFaulty, match=told):
        check_designs([tmp_path])
    assert names([tmp_path]) == [*DESIGNS]


def test_a_pipe_and_an_endless_file_hold_nobody_up(tmp_path: Path) -> None:
    own = own_design(tmp_path)
    for make in (os.mkfifo, lambda path: Path(path).symlink_to("/dev/zero")):
        (own / "design.yaml").unlink()
        make(own / "design.yaml")
        with pytest.raises(DesignFaulty, match="is no file"):
            check_designs([own])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_may_not_be_looked_into_hides_no_other(tmp_path: Path) -> None:
    own_design(tmp_path)
    (tmp_path / "lost+found").mkdir(mode=0)
    assert [one.name for one in check_designs([tmp_path])] == names([tmp_path])
    assert "northgate" in names([tmp_path])


def test_a_design_has_a_name_that_certificates_can_keep(tmp_path: Path) -> None:
    own_design(tmp_path, "n" * 65)
    with pytest.raises(DesignFaulty, match="no name for a design"):
        check_designs([tmp_path])
    assert names([tmp_path]) == [*DESIGNS]
