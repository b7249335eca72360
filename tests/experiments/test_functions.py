"""What the programs do, called from Python: settings as keywords, a value back, nothing printed."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import kit
from kit import auditing, downloading, files
from kit.commands import audit as audit_program
from kit.commands import baseline as baseline_program
from kit.errors import CheckError, SettingError
from kit.experiments import all_checks
from kit.experiments.answers.answering import predict
from kit.experiments.answers.evaluating import evaluate
from kit.experiments.data_audit import audit
from kit.experiments.image_download import download
from kit.experiments.network_check import check
from kit.experiments.network_description import describe
from kit.experiments.yardsticks import baseline
from kit.settings import Checking, Training
from kit.settings.stored import read_settings, settings_text

SMALL = {"architecture": "basic_cnn", "image_size": 12, "settings": "filters=[4]"}
RUN = Path(__file__).parents[1] / "stored_run_0.1"
FUNCTIONS = sorted(kit.FUNCTIONS.keys() - {"build", "load"})  # the keywords are settings


@pytest.fixture
def silent(capsys: pytest.CaptureFixture[str]) -> Any:
    """Make sure that nothing is printed to stdout."""
    yield
    assert capsys.readouterr().out == ""


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of the classes of the stored run, and a file that is none."""
    folder = tmp_path_factory.mktemp("data") / "digits"
    rng = np.random.default_rng(0)
    for name in ("null", "two words", "یک"):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            pixels = rng.integers(0, 256, (8, 8), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.usefixtures("silent")
def test_an_audit_is_returned_and_kept_where_it_should_be(photos: Path, tmp_path: Path) -> None:
    found = audit(str(photos), output=str(tmp_path / "out"), fix_list=str(tmp_path / "fix.csv"))

    assert isinstance(found, auditing.Audit)
    assert (tmp_path / "out" / "audit.json").read_text("utf-8") == auditing.to_json(found)
    assert (tmp_path / "fix.csv").read_text("utf-8").startswith("file,finding")


@pytest.mark.usefixtures("silent")
def test_baselines_are_returned_with_a_table_and_sentences(photos: Path, tmp_path: Path) -> None:
    found = baseline(photos, methods="knn", image_size=6, output=str(tmp_path / "out"))

    assert [one.baseline.method for one in found.scored] == ["knn"]
    assert list(found.table["method"]) == ["nearest neighbours", "always the largest class"]
    assert any(line.startswith("knn on validation images: 1.000") for line in found.sentences)
    assert (tmp_path / "out" / "metrics.json").is_file()


@pytest.mark.usefixtures("silent")
def test_a_run_scores_and_names_images_given_by_its_path_or_by_what_has_a_folder(
    digits: Path, tmp_path: Path
) -> None:
    class Opened:
        folder = RUN

    found = evaluate(str(RUN), str(digits), output=str(tmp_path / "out"))
    answers = predict(Opened(), str(digits), top=2)

    assert found.scores.images == len(found.predictions) == 6
    assert found.sentences[0].startswith("folder digits: ")
    assert str(found).startswith(found.sentences[0])
    assert (tmp_path / "out" / "predictions.csv").is_file()
    assert evaluate(Opened(), digits).scores.accuracy == found.scores.accuracy
    first = answers.table[answers.table["rank"] == 1]
    assert list(first["class"]) == list(found.predictions["predicted"])
    with pytest.raises(SettingError, match="No file matches"):
        predict(RUN, [digits, "nowhere.png"])


@pytest.mark.usefixtures("silent")
def test_a_check_that_fails_is_returned_and_the_program_refuses_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = all_checks.Check("initial loss", "failed", "9", "0.69 = ln 2", "Look at the head.")
    monkeypatch.setattr(all_checks, "everything", lambda *_: all_checks.Checks((failed,)))
    found = check(str(photos), **SMALL, output=str(tmp_path / "out"))

    assert list(found) == [failed]
    assert (found.verdict, found.failed, len(found)) == ("failed", ("initial loss",), 1)
    assert "Look at the head." in str(found)
    assert (tmp_path / "out" / "checks.json").is_file()
    with pytest.raises(CheckError, match=r"^Failed: initial loss\.$"):
        found.refuse_failed()


@pytest.mark.usefixtures("silent")
def test_a_description_is_returned() -> None:
    found = describe("basic_cnn", image_size=32, classes=2, settings=("filters=[4]", "stem=none"))

    assert found.parameters == 134
    assert "conv" in " ".join(found.table()["name"])
    with pytest.raises(SettingError, match=r"name must be one of .*vgg"):
        describe()


@pytest.mark.usefixtures("silent")
def test_a_download_returns_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        downloading, "download", lambda source, into, **limits: asked.update(limits) or into
    )

    assert download("flowers", str(tmp_path / "x"), max_gigabytes=1.5) == tmp_path / "x"
    assert asked["max_bytes"] == 3 * 2**29
    with pytest.raises(SettingError, match="needs a source and a new folder"):
        download("flowers")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_takes_and_tells_its_settings_by_name_and_refuses_others(name: str) -> None:
    function = getattr(kit, name)
    told, signature = inspect.getdoc(function) or "", inspect.signature(function)

    assert not {"csv", "json", "drawing", "list_names"} & set(signature.parameters)
    assert told.index("Args:") < told.index("Raises:")
    assert all(f"\n    {each}: " in told for each in signature.parameters)
    assert "`" not in told[told.index("Args:") : told.index("Raises:")]
    assert "Annotated" not in str(signature)
    assert signature.return_annotation is not signature.empty
    with pytest.raises(SettingError, match='no setting "nothing_like_it"'):
        function(**dict.fromkeys(signature.parameters, None), nothing_like_it=1)


@pytest.mark.parametrize(
    ("function", "values", "told"),
    [
        (check, {"learning_rate": "fast"}, "learning_rate takes a number, not 'fast'"),
        (check, {"batch_size": True}, "batch_size takes a whole number, not True"),
        (check, {"batch_size": 0}, "batch_size must be 1 or more"),
        (check, {"schedule": "step"}, 'no setting "schedule"'),
        (check, {"style": "both"}, "style takes functional or sequential, not 'both'"),
        (check, {"learningrate": 0.1}, 'Did you mean "learning_rate"'),
        (
            baseline,
            {"methods": ["svn"]},
            r"methods takes some of knn, logistic or svm, not \['svn'\]",
        ),
        (baseline, {"methods": ()}, "methods must name at least one"),
        (audit, {"fix": "darkness", "fix_list": "x.csv"}, "fix takes broken, refused"),
        (audit, {"json": True}, 'no setting "json"'),
    ],
)
def test_a_value_that_cannot_be_is_refused_before_anything_is_read(
    function: Callable[..., Any], values: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        function("nowhere", **values)


def test_what_must_be_given_is_missed() -> None:
    with pytest.raises(TypeError, match="needs folder"):
        evaluate("models/x")


def test_numbers_of_numpy_are_numbers() -> None:
    with pytest.raises(SettingError, match="learning_rate must be above 0, not -1"):
        check("nowhere", learning_rate=np.float32(-1), batch_size=np.int64(3))


@pytest.mark.parametrize(
    ("program", "values", "printed"),
    [
        (audit_program.audit, {"json": True}, '"counts"'),
        (baseline_program.baseline, {"methods": ("knn",), "image_size": (6,)}, "baselines"),
    ],
    ids=["audit", "baseline"],
)
def test_what_was_reached_is_printed_where_it_cannot_be_written(
    program: Any,
    values: dict[str, Any],
    printed: str,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(files, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        program(photos, output=tmp_path / "out", **values)

    assert printed in capsys.readouterr().out


def test_a_check_takes_the_settings_of_a_run(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    resolved = Training().having(learning_rate=0.1, epochs=3, style="sequential", output="x")
    for kind in (Training, None):  # in groups, and flat as version 0.1 wrote them
        file.write_text(settings_text(resolved.flat(), kind), "utf-8")

        known = read_settings(Checking, file)

        assert (known["learning_rate"], known["style"]) == (0.1, "sequential")
        assert not {"epochs", "folds", "views", "check", "schedule", "class_weight"} & set(known)
    file.write_text(settings_text(resolved.having(style="both").flat(), Training), "utf-8")
    assert "style" not in read_settings(Checking, file)
    assert read_settings(Checking, RUN / "run.yaml")["settings"]["filters"] == [4, 8]
    file.write_text("epoch: 3", "utf-8")
    with pytest.raises(SettingError, match='no setting "epoch"'):
        read_settings(Checking, file)
