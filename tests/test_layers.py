"""Imports go strictly downwards, and heavy packages are imported only where they belong."""

import ast
from pathlib import Path

import kit

ROOT = Path(kit.__file__).parent
ROWS = {  # a module may import modules of lower rows only
    "setting_names": -2,
    "errors": -1,
    "files": -1,
    "progress": -1,
    "choices": -1,
    "intervals": -1,
    "foreign": -1,
    "memory": -1,
    "downloading": 0,
    "keras_start": 1,
    "settings": 1,
    "architectures": 1,
    "plots": 1,
    "data": 3,
    "description": 2,
    "runs": 4,
    "auditing": 4,
    "checks": 4,
    "monitoring": 5,
    "diagnosis": 6,
    "evaluation": 5,
    "comparison": 5,
    "training": 7,
    "baselines": 8,
    "search": 8,
    "prediction": 8,
    "explanation": 8,
    "experiments": 9,
    "reporting": 10,
    "commands": 11,
}
ONLY_IN = {
    "keras_tuner": {"search"},
    "dask": {"search"},
    "distributed": {"search"},
    "matplotlib": {"plots"},
    "tyro": {"settings", "commands"},
}
FILES = sorted(ROOT.rglob("*.py"))


def test_every_module_of_the_package_has_a_row() -> None:
    found = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in FILES}

    assert found - {"__init__"} == set(ROWS)


def test_imports_go_strictly_downwards() -> None:
    wrong = []
    for path in FILES:
        module = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for name in () if module == "__init__" else imported(path):
            package, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            upwards = package == "kit" and other != module and ROWS[other] >= ROWS[module]
            if upwards or module not in ONLY_IN.get(package, {module}):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")

    assert wrong == []


def test_the_walk_sees_imports_in_functions_and_from_the_package() -> None:
    tree = "from kit import data\nimport a.b\ndef f():\n    from kit.runs import load\n"

    assert names_in(ast.parse(tree)) == {"kit.data", "a.b", "kit.runs"}


def imported(path: Path) -> set[str]:
    return names_in(ast.parse(path.read_text("utf-8")))


def names_in(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "kit":
            names |= {f"kit.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_nothing_below_the_programs_prints_to_stdout() -> None:
    for path in FILES:
        if path.relative_to(ROOT).parts[0] != "commands":
            assert printing(ast.parse(path.read_text("utf-8"))) == [], path


def test_the_walk_sees_what_prints() -> None:
    told = "print(1)\nprint(2, file=sys.stderr)\nsys.stdout.flush()\nsys.stdout.write('3')\n"

    assert printing(ast.parse(f"{told}Console()\nConsole(stderr=True)")) == [1, 4, 5]


def printing(tree: ast.AST) -> list[int]:
    """Return the lines with a call that writes to stdout."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        told = {one.arg: ast.unparse(one.value) for one in call.keywords}
        printed = name in ("print", "pprint") and told.get("file") != "sys.stderr"
        shown = name.endswith("Console") and told.get("stderr") != "True"
        if printed or shown or name in ("sys.stdout.write", "sys.stdout.writelines"):
            found.append(call.lineno)
    return sorted(found)
