"""A path may be a text wherever the public interface takes one."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import kit
from kit import auditing, data, downloading, plots, runs
from kit.errors import SettingError

HIDDEN = {"commands", "experiments", "reporting", "settings"}  # flags, and functions of settings
ROOMS = [one.name for one in pkgutil.iter_modules(kit.__path__) if one.ispkg]


def functions(module: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield what a room offers to be called, methods of its classes among it."""
    for name in module.__all__:
        one = getattr(module, name)
        if inspect.isclass(one):
            methods = inspect.getmembers(one, inspect.isfunction)
            yield from ((f"{name}.{m}", each) for m, each in methods if not m.startswith("_"))
        elif inspect.isfunction(one):
            yield name, one


def needs_a_path(annotation: Any) -> bool:
    kinds = get_args(annotation) or (annotation,)
    return Path in kinds and str not in kinds


@pytest.mark.parametrize("room", ["runs", *sorted(set(ROOMS) - HIDDEN)])
def test_no_function_of_a_room_insists_on_a_path(room: str) -> None:
    module = importlib.import_module(f"kit.{room}")
    asked = [
        f"{name}({one.name})"
        for name, function in functions(module)
        for one in inspect.signature(function).parameters.values()
        if needs_a_path(one.annotation)
    ]

    assert asked == []


def test_the_walk_sees_what_insists_on_one() -> None:
    def function(a: Path, b: Path | None, c: Path | str, d: str) -> None: ...

    parameters = inspect.signature(function).parameters.values()
    assert [one.name for one in parameters if needs_a_path(one.annotation)] == ["a", "b"]


def test_texts_lead_where_paths_would(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = auditing.audit(str(photos))
    auditing.save(found, "audit")
    assert auditing.write_fix_list(found, "fix.csv") == 0
    plots.save(plots.confusion(np.eye(2, dtype=np.int64), ["a", "b"]), "confusion.png")
    assert all(map(Path.is_file, map(Path, ("audit/audit.json", "fix.csv", "confusion.png"))))
    assert data.given_parts(str(photos)) == frozenset()
    assert data.image_folders(str(photos)) == (photos,)
    assert runs.next_folder("models", "pets") == Path("models/pets")
    with runs.create("run") as folder:
        assert folder.is_dir()
    for refused in (
        lambda: runs.check_free("audit", overwrite=False),
        lambda: runs.load("nowhere"),
        lambda: runs.check_outside("photos/x", "photos"),
        lambda: runs.check_possible("fix.csv/x"),
        lambda: downloading.download("flower_photos", "audit"),
    ):
        with pytest.raises(SettingError):
            refused()
