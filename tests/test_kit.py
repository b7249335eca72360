"""The top level: eleven functions, imported when they are asked for."""

import subprocess
import sys

import pytest

import kit


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


def test_another_name_is_none_of_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = kit.trian
