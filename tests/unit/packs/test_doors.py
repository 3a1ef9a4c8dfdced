"""Three doors, one loader: bundled folders, installed distributions, data-only folders."""

import importlib
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import competencies
from lti_tool.domain.errors import NoSuchCompetency, PackError
from lti_tool.packs import read_catalogue
from tests.unit.packs.conftest import WritePack
from tests.unit.packs.small import SMALL_PACK, renamed, small_pack

BUNDLED = ["patient-communication", "teamwork", "documentation", "professionalism"]

Install = Callable[..., Path]


def ids(*folders: Path) -> list[str]:
    return [competency.id for competency in read_catalogue(folders).all()]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with these files and entry points, as a wheel's unpacking would."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = set(sys.modules)

    def distribution(name: str, points: str, packs: dict[str, str]) -> Path:
        for path, content in packs.items():
            place = site / path
            place.mkdir(parents=True, exist_ok=True)
            (place / "pack.yaml").write_text(content, encoding="utf-8")
        for package in site.iterdir():
            if package.is_dir() and package.suffix != ".dist-info":
                (package / "__init__.py").touch()
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[lti_tool.competencies]\n{points}\n")
        importlib.invalidate_caches()
        return site

    yield distribution
    for module in set(sys.modules) - modules:
        del sys.modules[module]


def test_bundled_packs_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    catalogue = read_catalogue()
    assert ids() == BUNDLED
    assert Path(catalogue.packs[1].file).is_file()


def test_a_folder_dropped_among_the_bundled_ones_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "competencies"
    shutil.copytree(Path(competencies.__file__).parent, checkout)
    (checkout / "suturing").mkdir()
    (checkout / "suturing" / "pack.yaml").write_text(small_pack(("SU-2", "SU-3")))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "competencies")
    assert ids() == [*BUNDLED, "suturing"]


def test_an_installed_distribution_is_found(install: Install) -> None:
    install("acme-suturing", "suturing = acme_suturing", {"acme_suturing": SMALL_PACK})
    catalogue = read_catalogue()
    assert [pack.competency.id for pack in catalogue.packs] == [*BUNDLED, "suturing"]
    assert catalogue.packs[-1].file.endswith(str(Path("acme_suturing", "pack.yaml")))
    assert catalogue.competency("suturing").title == "Suturing"


def test_one_distribution_may_bring_several_packs(install: Install) -> None:
    install(
        "acme-skills",
        "skills = acme_skills\nagain = acme_skills",
        {
            "acme_skills/zeta": renamed("airway", "1"),
            "acme_skills/alpha": renamed("suturing", "2"),
        },
    )
    assert ids() == [*BUNDLED, "airway", "suturing"]


def test_a_zipped_distribution_is_found(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    site = install("acme-suturing", "suturing = acme_suturing", {"acme_suturing": SMALL_PACK})
    archive = site.parent / "acme.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in sorted(site.rglob("*")):
            zipped.write(file, file.relative_to(site))
    shutil.rmtree(site)
    importlib.invalidate_caches()
    monkeypatch.syspath_prepend(str(archive))
    assert ids() == [*BUNDLED, "suturing"]


@pytest.mark.parametrize("broken", ["raise RuntimeError('no')", "import acme_missing", "1 +"])
def test_a_distribution_that_cannot_be_imported_is_named(install: Install, broken: str) -> None:
    site = install("acme-broken", "suturing = acme_broken", {"acme_broken": SMALL_PACK})
    (site / "acme_broken" / "__init__.py").write_text(broken)
    with pytest.raises(PackError, match=r"entry point of acme-broken: .*cannot be imported"):
        read_catalogue()


def test_a_package_without_a_pack_is_named(install: Install) -> None:
    site = install("acme-bare", "bare = acme_bare", {"acme_bare/gone": SMALL_PACK})
    shutil.rmtree(site / "acme_bare" / "gone")
    with pytest.raises(PackError, match=r"acme_bare: this folder holds no pack\.yaml"):
        read_catalogue()


def test_a_folder_is_a_pack_or_holds_packs(write_pack: WritePack, tmp_path: Path) -> None:
    write_pack(renamed("airway", "1"), "ours/airway")
    write_pack(renamed("lines", "2"), "ours/lines")
    (tmp_path / "ours" / "notes").mkdir()
    assert ids(write_pack(), tmp_path / "ours") == [*BUNDLED, "airway", "lines", "suturing"]


def test_the_order_of_a_pack_counts_inside_its_door(write_pack: WritePack) -> None:
    first = write_pack(renamed("zebra", "1").replace("expected", "order: 1\nexpected", 1), "zebra")
    second = write_pack(renamed("airway", "2"), "airway")
    assert ids(second, first) == [*BUNDLED, "zebra", "airway"]


def test_no_code_in_a_folder_is_run(write_pack: WritePack) -> None:
    folder = write_pack()
    for name in ("__init__.py", "scoring.py", "conftest.py"):
        (folder / name).write_text("raise SystemExit('this was run')")
    assert "suturing" in ids(folder)


def test_an_empty_or_missing_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with pytest.raises(PackError, match=rf"{name}: this folder holds no pack\.yaml"):
            read_catalogue([tmp_path / name])


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot be read: File name too long"):
        read_catalogue([tmp_path / ("x" * 300)])


def test_a_fault_behind_any_door_stops_the_start(write_pack: WritePack, tmp_path: Path) -> None:
    write_pack(folder="ours/good")
    write_pack(small_pack(("weight: 40", "weight: 41")), "ours/poor")
    with pytest.raises(PackError, match=r"ours/poor/pack\.yaml:31: criteria: .*\(pack \"poor\"\)"):
        read_catalogue([tmp_path / "ours"])


def test_two_packs_with_one_id_name_both_files(write_pack: WritePack) -> None:
    text = renamed("teamwork", "1")
    with pytest.raises(PackError) as refusal:
        read_catalogue([write_pack(text, "mine")])
    assert refusal.value.file == "mine/pack.yaml"
    assert refusal.value.field == "id"
    assert str(Path("teamwork", "pack.yaml")) in refusal.value.problem


def test_a_copied_pack_needs_a_uuid_of_its_own(write_pack: WritePack) -> None:
    copy = write_pack(small_pack(("id: suturing", "id: tying")), "tying")
    with pytest.raises(PackError, match=r"uuid: .* belongs to the pack in suturing/pack\.yaml"):
        read_catalogue([write_pack(), copy])


def test_an_unknown_competency() -> None:
    catalogue = read_catalogue()
    assert catalogue.get("juggling") is None
    with pytest.raises(NoSuchCompetency, match="juggling"):
        catalogue.competency("juggling")
