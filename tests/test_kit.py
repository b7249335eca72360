"""The top level: fourteen functions, imported when they are asked for."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import kit

STORED = Path(__file__).parent / "stored_run_0.1"


def test_the_package_is_imported_at_once_and_without_tensorflow() -> None:
    script = (
        "import sys, time; start = time.process_time(); import kit;"
        "print(time.process_time() - start < 0.1, sorted({'tensorflow', 'numpy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stdout.strip() == "True []", done.stderr


@pytest.mark.parametrize("name", kit.FUNCTIONS)
def test_every_name_of_the_top_level_is_a_function(name: str) -> None:
    assert callable(getattr(kit, name))
    assert name in dir(kit)
    assert f"``{name}``" in (kit.__doc__ or "")


def test_no_package_takes_the_name_of_a_function() -> None:
    for module in pkgutil.walk_packages(kit.__path__, "kit."):
        importlib.import_module(module.name)

    for name, place in kit.FUNCTIONS.items():
        assert getattr(kit, name) is getattr(importlib.import_module(place), name)


def test_a_network_is_built_twice_and_a_run_opened_twice() -> None:
    for _ in range(2):
        assert kit.build("linear", (8, 8, 1), 3, style="sequential").count_params() == 195
        assert kit.load(str(STORED)).class_names == ("null", "two words", "یک")


def test_another_name_is_none_of_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = kit.trian
