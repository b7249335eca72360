"""The flags of a search: what they mean together, and what is refused before an image is read."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from kit import architectures, data
from kit.commands.terminal import program, typed
from kit.commands.tune import tune
from kit.errors import SettingError
from kit.experiments import places, tuning
from kit.experiments.searches import settings as plan
from kit.experiments.searches import values
from kit.experiments.searches.record import known_files
from kit.experiments.searches.steps import chance_of, plan_of, told
from kit.experiments.searches.trials import builders
from kit.experiments.searches.wanted import wanted
from kit.experiments.searches.winner import unusual
from kit.search import Chance, space_text
from kit.settings import Training, Tuning
from kit.settings.stored import read_settings


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        program(tune, arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def kept(folder: Path, /, **settings: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    known = {"search": ["dropout=0:0.6"], "trials": 9, "batch_size": 16, **settings}
    (folder / plan.SETTINGS).write_text(yaml.safe_dump(known), "utf-8")
    return folder


def test_what_is_not_given_is_as_in_a_training(photos: Path) -> None:
    found = wanted({"folder": photos, "trials": 5})

    assert found.settings["optimizer"] == "adamw"
    assert found.settings["batch_size"] == 32
    assert (found.settings["trials"], found.settings["stages"]) == (5, 3)
    assert (found.space, found.folder) == (None, None)
    assert found.given == {"folder", "trials"}


def test_what_guessing_scores_depends_on_what_chooses_the_epoch() -> None:
    counts = SimpleNamespace(counts=lambda part: {"a": 190, "b": 10, "c": 0})
    balanced, plain = (
        chance_of(cast(Any, counts), name) for name in ("val_balanced_accuracy", "val_accuracy")
    )

    assert balanced == Chance(200, 0.5, pytest.approx(0.0811, abs=1e-4))
    assert plain == Chance(200, 0.95, pytest.approx(0.0154, abs=1e-4))
    assert chance_of(cast(Any, counts), "val_loss") is None


def test_rate_and_penalty_are_searched_where_nothing_is_said_and_neither_is_fixed() -> None:
    def found(names: tuple[str, ...] = ("l2",), **given: object) -> list[str]:
        return list(space_text(plan.default_space({**plan.defaults(), **given}, names)))

    assert found() == ["learning_rate", "l2"]
    assert found(learning_rate=0.1) == ["l2"]
    assert found(names=()) == ["learning_rate"]
    with pytest.raises(SettingError, match="Nothing to search"):
        found(learning_rate=0.1, l2=0.1)


def test_a_settings_file_gives_ranges_as_a_list_or_as_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "search.yaml"
    expected = {"dropout": "0.0:0.6", "filters": "[16, 32],[32, 64]", "optimizer": '"adam","sgd"'}
    for written in (
        ["dropout=0:0.6", "filters=[16,32],[32,64]", "optimizer=adam,sgd"],
        {"dropout": "0:0.6", "filters": [[16, 32], [32, 64]], "optimizer": ["adam", "sgd"]},
    ):
        file.write_text(yaml.safe_dump({"search": written}), "utf-8")
        found = plan.space_of(read_settings(Tuning, file)["search"])
        assert space_text(found or ()) == expected


def test_a_range_that_yaml_takes_for_a_time_of_day_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "search.yaml"
    file.write_text("search:\n  dropout: 0:0.6\n", "utf-8")

    with pytest.raises(SettingError, match=r"in quotes, as in dropout: '0:0\.6'"):
        read_settings(Tuning, file)


def test_workers_are_started_here_or_there_already(photos: Path) -> None:
    with pytest.raises(SettingError, match="leave one of the two out"):
        wanted({"folder": photos, "workers": 2, "scheduler": "tls://10.0.0.1:8786"})


def test_of_keras_tuner_s_variables_one_line_says_what_to_use_now(
    monkeypatch: pytest.MonkeyPatch, photos: Path
) -> None:
    for name in ("ORACLE_IP", "ORACLE_PORT"):
        monkeypatch.setenv(f"KERASTUNER_{name}", "1")
    with pytest.raises(SettingError, match=r"^KERASTUNER_ORACLE_IP and .*scheduler=tls") as said:
        tuning.tune(photos)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    "left",
    [b"", b"file,split,hash\n", b"name,part\n1,2\n", b"\xff\xfe", b"file,split,hash\n1,x,3\n"],
)
def test_a_search_whose_division_is_damaged_is_named_without_advice_on_spreadsheets(
    tmp_path: Path, left: bytes
) -> None:
    (tmp_path / "split.csv").write_bytes(left)

    with pytest.raises(SettingError, match=r"split\.csv is missing or damaged") as raised:
        known_files(tmp_path)
    assert "Restore it, or start another search" in str(raised.value)
    (tmp_path / "split.csv").write_text("file,split,hash\na/1.png,test,3\n")
    assert known_files(tmp_path) == {"a/1.png": "3"}


def test_smote_is_computed_once_for_all_sizes_of_batches(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = data.load(photos, image_size=8, cache=False)
    asked: list[str] = []

    def oversampled(made: data.Splits) -> data.Splits:
        asked.append(made.sampling)
        return dataclasses.replace(made, sampling="none")

    monkeypatch.setattr("kit.experiments.searches.trials.smote.oversampled", oversampled)
    choice = SimpleNamespace(frozen=True)
    space = plan.space_of(("batch_size=4:64", "sampling=none,smote")) or ()
    _, make = builders(choice, plan.defaults(), space, {"{}": splits})  # type: ignore[arg-type]
    sizes = [make(batch_size=size, sampling="smote").batch_size for size in range(4, 24)]

    assert sizes == list(range(4, 24))
    assert make(batch_size=5, sampling="none").batch_size == 5
    assert asked == ["smote"]


def test_of_equal_names_the_last_range_counts() -> None:
    found = plan.space_of(("l2=1e-7:1", "dropout=0:0.6", "l2=1e-5:1e-2"))

    assert space_text(found or ()) == {"l2": "1e-05:0.01", "dropout": "0.0:0.6"}


def test_a_search_goes_on_with_its_own_settings(photos: Path, tmp_path: Path) -> None:
    folder = kept(tmp_path / "search", folder=str(photos), max_minutes=3, architecture="vgg")
    given = {"resume": True, "output": folder, "workers": 2, "batch_size": 16, "max_minutes": 5.0}
    found = wanted(given)

    assert found.folder == folder
    assert found.source == photos.resolve()
    taken = ("trials", "batch_size", "workers", "max_minutes", "architecture")
    assert [found.settings[name] for name in taken] == [9, 16, 2, 5.0, "vgg"]
    assert space_text(found.space or ()) == {"dropout": "0.0:0.6"}


def test_a_search_begun_with_workers_goes_on_with_those_of_a_scheduler(
    photos: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "search", folder=str(photos), workers=2)
    found = wanted({"resume": True, "output": folder, "scheduler": "tls://here:8786"})

    assert (found.settings["workers"], found.settings["scheduler"]) == (1, "tls://here:8786")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"trials": 10}, "trials: 9 there, 10 here"),
        (
            {"search": ("dropout=0:0.7",)},
            "search: {'dropout': '0.0:0.6'} there, {'dropout': '0.0:0.7'} here",
        ),
        ({"settings": {"filters": [9]}}, "settings: {'filters': [8]} there, {'filters': [9]} here"),
        ({"optimizer": "sgd"}, "optimizer: adamw there, sgd here"),
        ({"seed": 7}, "seed: 42 there, 7 here"),
        ({"threads": 2}, "threads: 1 there, 2 here"),
        ({"image_size": (16,)}, "image_size: [8, 8] there, [16, 16] here"),
    ],
)
def test_a_search_does_not_go_on_with_other_settings(
    given: dict[str, object], line: str, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "s", settings={"filters": [8]}, threads=1, image_size=[8, 8])

    with pytest.raises(SettingError) as found:
        wanted({"resume": True, "output": folder, **given})
    assert line in str(found.value)
    assert "Leave out these settings" in str(found.value)


@pytest.mark.parametrize("left", [b"", b"[1]", b"\xff{", b"trials: many", b"trails: 3"])
def test_a_search_whose_settings_are_damaged_is_named(left: bytes, tmp_path: Path) -> None:
    folder = kept(tmp_path / "s")
    (folder / plan.SETTINGS).write_bytes(left)

    with pytest.raises(SettingError) as found:
        wanted({"resume": True, "output": folder})
    assert str(found.value).startswith(f"{folder / plan.SETTINGS}")
    assert "Repair it, or start another search." in str(found.value)


def test_equal_settings_in_other_words_are_no_difference(tmp_path: Path) -> None:
    folder = kept(tmp_path / "s", settings={"filters": [8], "l1": 0}, image_size=[8, 8])
    given = {"search": ("dropout=0.0:0.60",), "settings": {"filters": [8]}, "image_size": (8,)}

    assert wanted({"resume": True, "output": folder, **given}).folder == folder


def test_the_latest_search_of_a_folder_is_gone_on_with(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match="no search in models"):
        wanted({"resume": True})
    for name in ("photos-vgg-search", "others-vgg-search"):
        kept(Path("models") / name)

    assert wanted({"resume": True, "folder": photos}).folder == Path("models/photos-vgg-search")


def test_a_search_is_never_overwritten_and_not_written_into_the_data(
    photos: Path, tmp_path: Path
) -> None:
    settings = {**plan.defaults(), "output": kept(tmp_path / "search")}
    with pytest.raises(SettingError, match=r"never overwritten\. Continue it with resume"):
        plan.search_folder(settings, photos, "vgg")
    with pytest.raises(SettingError, match="only read"):
        plan.search_folder({**settings, "output": photos / "search"}, photos, "vgg")
    (tmp_path / "other").mkdir()
    with pytest.raises(SettingError, match=r"already exists\. Choose another output\.$"):
        plan.search_folder({**settings, "output": tmp_path / "other"}, photos, "vgg")
    free = plan.search_folder({**settings, "output": None}, photos, "vgg")
    assert free == Path("models/photos-vgg-search")


def test_a_plan_is_told_as_the_oracle_follows_it() -> None:
    space = plan.space_of(("dropout=0:0.6",)) or ()
    words = {}
    for oracle in ("staged", "random", "bayesian", "hyperband"):
        given = {"trials": 6, "finalists": 2, "oracle": oracle}
        words[oracle] = told(plan_of({**plan.defaults(), **given}, 16, space), oracle)

    assert "stage 3: 4 trials of 16 epochs, the better half continues" in words["staged"]
    assert "stage 1: 6 trials of 16 epochs" in words["random"]
    assert "at most 12 trials and 192 epochs" in words["bayesian"]
    for oracle in ("random", "bayesian", "hyperband"):
        assert "the better half" not in words[oracle]


def test_the_settings_that_are_told_are_those_that_do_not_hold_anyway(photos: Path) -> None:
    space = plan.space_of(("learning_rate=1e-3:1e-1",)) or ()
    settings = {**plan.defaults(), "folder": photos, "architecture": "basic_cnn"}
    known = {"color": "rgb", "image_size": [8, 8], "flip": "yes"}
    known |= {name: architectures.settings("basic_cnn")[name] for name in ("dropout", "l2")}
    known |= {"settings": {"filters": [4]}, "augment": {}, "loss": "crossentropy"}
    known |= {"label_smoothing": 0.1, "weight_decay": 0.05}
    found = unusual({**settings, **known}, space, {"learning_rate": 0.01}, 7)

    assert typed(found) == (
        f"{photos} --architecture basic_cnn --set 'filters=[4]' --image-size 8 8 --color rgb "
        "--epochs 7 --learning-rate 0.01 --flip yes"
    )


REFUSED = [
    (["--search", "learning_rate"], "takes NAME=LOW:HIGH"),
    (["--search", "learnin_rate=1e-3:1"], 'Did you mean "learning_rate"?'),
    (["--search", "dropout=0:1.2"], "dropout must be a number from 0 to below 1; got 1.2"),
    (["--search", "l2=-1:1:linear"], "l2 must be a finite number of at least 0; got -1.0"),
    (["--search", "learning_rate=0:1"], "--learning-rate must be above 0"),
    (["--search", "learning_rate=a,b"], "takes a number, not 'a'"),
    (["--search", "optimizer=addam,sgd"], "--optimizer takes adam, adamw"),
    (["--search", "optimizer=1:3"], "--optimizer takes adam, adamw"),
    (["--search", "loss=crossentropy,hing"], 'Did you mean "hinge"?'),
    (["--search", "image_size=0,32"], "one number for a square"),
    (["--search", "image_size=a"], "takes one or more whole numbers"),
    (["--search", "image_size=32:64"], "give a list of choices"),
    (["--search", "image_size=" + ",".join(map(str, range(8, 21)))], "at most 12"),
    (["--search", "batch_size=0:32"], "--batch-size must be 1 or more, not 0"),
    (["--search", "batch_size=1.5:32"], "--batch-size takes a whole number"),
    (["--search", "momentum=0.5:0.9"], "only optimizer sgd uses it"),
    (["--search", "mix_alpha=0.1:1"], "only mix mixup or cutmix or both uses it"),
    (["--search", "filters=[16],[0]"], "filters must be a list"),
    (["--search", "seed=1,2"], "Give it as --seed"),
    (["--search", "dropout=0:0.5", "--architecture", "linear"], "linear has no such setting"),
    (["--search", "l2=1e-5:1", "--l2", "0.1"], "both searched and fixed"),
    (["--search", "batch_size=16,32", "--batch-size", "32"], "both searched and fixed"),
    (["--search", "filters=[4],[8]", "--set", "filters=[4]"], "both searched and fixed"),
    (["--learning-rate", "1", "--l2", "1"], "Nothing to search"),
    (["--trials", "1"], "trials must be at least"),
    (["--seeds", "0"], "seeds must be at least 1"),
    (["--seed", "4294967292"], "Use a smaller --seed"),
    (["--workers", "0"], "--workers must be at least 1"),
    (["--search", "architecture=basic_cnn,basic_cn"], "basic_cn"),
    (["--search", "architecture=basic_cnn,pretrained"], "--backbone MobileNet"),
    (["--search", "architecture=basic_cnn,linear", "--search", "dropout=0:0.5"], "linear has no"),
    (["--search", "architecture=basic_cnn,linear", "--set", "filters=[4]"], "filters"),
    (["--sampling", "balanced", "--search", "class_weight=none,balanced"], "Leave one out"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_cannot_be_searched_is_refused_before_an_image_is_read(
    arguments: list[str],
    message: str,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("images are read")

    monkeypatch.setattr(data, "load", read)
    network = [] if "architecture" in str(arguments) else ["--architecture", "basic_cnn"]
    given = [str(photos), *network, *arguments, "--output", str(tmp_path / "search")]
    code, text = failure(given, capsys)

    assert code == 2
    assert message in text
    assert "Traceback" not in text
    assert not (tmp_path / "search").exists()


@pytest.mark.parametrize("table", ["labels.csv", "fruit.tsv"])
def test_a_run_is_called_after_the_folder_of_its_images_or_of_its_table(
    tmp_path: Path, table: str
) -> None:
    folder = tmp_path / "grocery"
    folder.mkdir()
    (folder / table).write_text("path,label\n")
    assert places.called(folder) == places.called(folder / table) == "grocery"
    assert places.called(Path("/")) == "root"


def test_what_is_searched_follows_from_where_a_setting_is_declared() -> None:
    known = Training.searchable()

    assert {"architecture", "learning_rate", "optimizer", "loss", "mix", "image_size"} <= {*known}
    assert not {"seed", "epochs", "strict", "augment", "settings", "weights", "output"} & {*known}


def test_a_trial_is_the_training_with_some_settings_changed() -> None:
    space = plan.space_of(("optimizer=adam,sgd", "momentum=0.5:0.9", "image_size=8,10")) or ()
    settings = {**plan.defaults(), "trials": 3, "batch_size": 16}
    adam, sgd = (
        values.of_training(
            settings, {"optimizer": name, "momentum": 0.6, "image_size": 8}, space
        ).flat()
        for name in ("adam", "sgd")
    )

    assert (adam["momentum"], sgd["momentum"]) == (0.9, 0.6)  # only sgd has it
    assert (sgd["optimizer"], sgd["image_size"], sgd["batch_size"]) == ("sgd", (8,), 16)
    assert sgd["augmentation"] == "light"
    with pytest.raises(SettingError, match="takes a number, not 'fast'"):
        values.of_training(settings, {"learning_rate": "fast"}, space)
