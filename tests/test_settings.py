import inspect
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kit import data, settings
from kit.architectures.parts.traits import Traits
from kit.errors import SettingError
from kit.setting_names import flags_spoken, said
from kit.settings import Division, Images, Joined, Network, Training, Tuning, Variation
from kit.settings.sentences import sentences
from kit.settings.stored import read_settings, settings_text

KINDS = [
    one
    for one in vars(settings).values()
    if isinstance(one, type) and issubclass(one, Joined) and one is not Joined
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_has_one_place_and_a_sentence_below_it(kind: type[Joined]) -> None:
    names = [name for group in kind.groups().values() for name in group]

    assert sorted(names) == sorted(kind.signature().parameters)
    assert all(sentences(kind).values())
    assert kind.printing | {*kind.often, *kind.instead} <= set(names)


def test_a_group_is_what_the_function_takes_that_reads_images() -> None:
    fields = {name for group in (Images, Division, Variation) for name in vars(group())}

    assert fields == set(inspect.signature(data.load).parameters) - {"folder"}


def test_settings_are_changed_wherever_they_stand() -> None:
    before = Training()
    after = before.having(learning_rate=0.1, epochs=3, folder="photos", check=False)

    assert (after.optimization.learning_rate, after.duration.epochs) == (0.1, 3)
    assert (after.folder, after.record.check) == (Path("photos"), False)
    assert after.having(learning_rate=None, epochs=None, folder=None, check=True) == before
    with pytest.raises(SettingError, match=r'no setting "epoch"\. Did you mean "epochs"'):
        before.having(epoch=3)


def test_python_may_say_a_value_in_other_ways_than_its_type() -> None:
    texts = {"settings": ["filters=[8, 16]", "head=softmax"], "augment": "RandomZoom=0.2"}
    mappings = {"settings": {"filters": [8, 16], "head": "softmax"}, "augment": {"RandomZoom": 0.2}}

    assert Training().having(**texts) == Training().having(**mappings)
    said = Training().having(**mappings, image_size=64, learning_rate=1, fine_tune=3, flip=True)
    assert said.flat().items() >= mappings.items()
    assert (said.images.image_size, said.optimization.learning_rate) == ((64,), 1.0)
    assert (said.transfer.fine_tune, said.variation.flip) == ("3", "yes")
    assert Training().having(image_size=np.array([64, 48])).images.image_size == (64, 48)
    ranges = Tuning().having(search={"dropout": "0:0.5", "optimizer": ["adam", "sgd"]})
    assert ranges == Tuning().having(search=["dropout=0:0.5", "optimizer=adam,sgd"])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"optimizer": "adm"}, "optimizer takes adam, adamw, .* or adamax, not 'adm'"),
        ({"learning_rate": "fast"}, "learning_rate takes a number, not 'fast'"),
        ({"epochs": 2.5}, "epochs takes a whole number, not 2.5"),
        ({"settings": 3}, "settings takes NAME=VALUE, not 3"),
        ({"augment": ["zoom"]}, "augment takes LAYER=VALUE, not 'zoom'"),
        ({"cache": None}, "cache needs a value"),
        ({"group": True}, r"group takes COLUMN\|PATTERN, not True"),
        ({"group": {"a": 1}}, r"group takes COLUMN\|PATTERN, not {"),
        ({"epochs": [3]}, r"epochs takes a whole number, not \[3\]"),
        ({"flip": "maybe"}, "flip takes auto, yes or no, not 'maybe'"),
    ],
)
def test_a_value_that_a_setting_does_not_take_is_refused(
    values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError, match=f"^{sentence}"):
        Training().having(**values)
    flag = f"--{sentence.partition(' ')[0].replace('_', '-').replace('settings', 'set')} "
    with flags_spoken(), pytest.raises(SettingError, match=f"^{flag}"):
        Training().having(**values)


def test_a_tree_and_a_flat_mapping_say_the_same() -> None:
    settings = Training().having(l2=0.1, parts="none", settings=["filters=[8]"])
    tree = settings.tree()

    assert tree["network"]["settings"] == {"filters": [8]}
    for read in (tree, settings.flat(), {"images": {"l2": 0.1}, "parts": "none"}):
        flat = Training.flat_of(read)
        assert (flat["l2"], flat["parts"]) == (0.1, "none")
    assert Training.flat_of({"settings": {"filters": [8]}}) == {"settings": {"filters": [8]}}


def test_what_version_0_1_wrote_among_the_networks_settings_has_a_place_of_its_own() -> None:
    flat = Training.flat_of({"l2": 0.1, "settings": {"dense": [8], "head": "scores"}})

    assert flat == {"l2": 0.1, "dense": [8], "settings": {"head": "scores"}}
    assert Training.flat_of({"dense": [4], "settings": {"dense": [8]}})["dense"] == [4]
    assert Training.flat_of({"dense": None, "settings": {"dense": [8]}})["dense"] == [8]


def test_the_traits_of_a_network_are_settings_of_almost_every_architecture() -> None:
    assert set(Network.TRAITS) <= set(vars(Network())) & set(vars(Traits()))
    assert Network(dense=(), l1=0.0, initialization="he").traits() == {
        "dense": (),
        "initialization": "he",
        "l1": 0.0,
    }


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("dense: []", {"dense": ()}),
        ("dense: [8, 4]", {"dense": (8, 4)}),
        ("settings: {dense: [8]}", {"dense": (8,), "settings": {}}),
        ("initialization: 0.0001", {"initialization": 0.0001}),
        ("initialization: he_normal", {"initialization": "he_normal"}),
        ("network: {l1: 1.0e-5}", {"l1": 1e-5}),
    ],
)
def test_the_traits_of_a_network_are_read_from_a_file(
    said: str, read: dict[str, Any], tmp_path: Path
) -> None:
    assert read_settings(Training, tmp_path, said) == read


def test_numbers_of_numpy_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    counted = {"filters": (np.int64(4), np.int64(8)), "width": np.float32(0.5)}

    text = settings_text(Training().having(settings=counted).flat(), Training)

    kept = read_settings(Training, tmp_path, text)["settings"]
    assert kept == {"filters": [4, 8], "width": 0.5}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"epochs": 0}, "epochs must be at least 1, not 0"),
        ({"epochs": 3, "last_epoch": 4}, "last_epoch must be at least 1 and at most 3"),
        ({"patience": 0}, "patience must be at least 1 epoch"),
        ({"max_minutes": 0.0}, "max_minutes must be above 0"),
        ({"use_validation": True}, "Give an epoch known to be good"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"validation_split": 1.5}, "validation_split must be above 0 and below 1"),
        ({"test_split": 1.0}, "test_split must be from 0"),
        ({"validation_split": 0.5, "test_split": 0.5}, "must leave images for training"),
        ({"seed": -1}, "seed must be from 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, not nan"),
        ({"weight_decay": -0.1}, "weight_decay must be 0 or more"),
        ({"momentum": 1.0}, "momentum must be from 0 to below 1"),
        ({"decay": 0.5}, "the schedule one-cycle has no decay constant"),
        ({"schedule": "1/t", "every": 2}, "the schedule 1/t has no steps"),
        ({"mix_alpha": 0.2}, "mix_alpha sets how strongly images are mixed"),
        ({"mix": "mixup", "mix_alpha": 0.0}, "mix_alpha must be above 0"),
        ({"fine_tune": "0"}, "fine_tune takes a number of layers, at least 1"),
        ({"fine_tune_epochs": 0}, "fine_tune_epochs must be at least 1"),
        ({"fine_tune_rate": 0.0}, "fine_tune_rate must be above 0"),
        ({"unlabelled": "more"}, "unlabelled needs pretrain=autoencoder"),
        ({"pretrain_noise": 0.2}, "pretrain_noise is for an autoencoder, but none is trained"),
        ({"keep_autoencoder": True}, "keep_autoencoder is for an autoencoder"),
        ({"pretrain": "autoencoder", "pretrain_noise": 2.0}, "pretrain_noise must be from 0 to 1"),
        ({"pretrain": "autoencoder", "pretrain_epochs": 0}, "pretrain_epochs must be at least 1"),
        ({"repeats": 0}, "repeats must be at least 1"),
        ({"folds": 1}, "folds must be at least 2"),
        ({"folds": 2, "repeats": 2}, "leave out repeats"),
        ({"style": "both", "repeats": 2}, "leave out repeats"),
    ],
)
def test_a_group_refuses_what_its_own_values_decide(values: dict[str, Any], sentence: str) -> None:
    Training().verify()
    with pytest.raises(SettingError, match=sentence):
        Training().having(**values).verify()


def test_a_text_names_settings_for_python_and_flags_for_the_user_of_a_program() -> None:
    text = "Take `learning_rate=0.1` and `cache=False`, `flip`, or `settings=cut=LAYER`; not `a b`."

    names = 'Take learning_rate=0.1 and cache=False, flip, or settings={"cut": "LAYER"}; not `a b`.'
    assert said(text) == names
    with flags_spoken():
        flags = "Take --learning-rate 0.1 and --no-cache, --flip, or --set cut=LAYER; not `a b`."
        assert said(text) == flags
        assert str(SettingError("`l2` is\nx")) == "--l2 is\\nx"
    assert str(SettingError("`l2` is\nx")) == "l2 is\\nx"


def test_reading_a_value_draws_no_random_number() -> None:
    random.seed(1)
    drawn = random.random()
    random.seed(1)
    for _ in range(20):
        Training().having(learning_rate="0.1")

    assert random.random() == drawn
