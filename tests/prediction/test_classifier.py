import json

import keras
import numpy as np
import pytest
from PIL import Image

from kit import prediction
from kit.data.decoding import decoder
from kit.errors import KitError, SettingError

COLORS = {"سرخ 1": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}


def save_run(folder, outputs, activation="softmax"):
    """Save a run whose model looks at the mean color: each output is a channel's."""
    names = list(COLORS)[: max(2, outputs)]
    name = "probabilities" if activation else "scores"
    dense = keras.layers.Dense(outputs, activation=activation, name=name)
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.GlobalAveragePooling2D(), dense]
    model = keras.Sequential([keras.Input((6, 8, 3)), *layers])
    dense.set_weights([5 * np.eye(3)[:, -outputs:][:, :outputs], np.zeros(outputs)])
    folder.mkdir()
    model.save(folder / "model.keras")
    facts = {"class_names": names, "image_size": [6, 8], "color": "rgb", "aspect": "stretch"}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / "run.yaml").write_text("architecture: none\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return prediction.load(save_run(tmp_path_factory.mktemp("runs") / "اجرا", 3))


@pytest.fixture
def photos(tmp_path):
    for name, color in COLORS.items():
        for number in range(3):
            Image.new("RGB", (20 + number, 10), color).save(tmp_path / f"{name} {number}.png")
    return tmp_path


def answers(predictions):
    first = predictions.table[predictions.table["rank"] == 1]
    return {
        file.replace("\\", "/").split("/")[-1]: name
        for file, name in first[["file", "class"]].values
    }


def test_a_run_knows_its_classes_and_its_preparation(classifier):
    assert classifier.class_names == tuple(COLORS)
    assert classifier.image_size == (6, 8)


def test_every_image_gets_its_class(classifier, photos):
    named = answers(prediction.classify(classifier, photos))
    assert named == {f"{name} {number}.png": name for name in COLORS for number in range(3)}


def test_unreadable_files_are_reported_and_the_rest_is_answered(classifier, photos):
    whole = (photos / "blue 0.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "page.jpg").write_text("<!doctype html><title>not found</title>")
    (photos / ".hidden").write_bytes(b"?")
    before = {path: path.stat().st_mtime_ns for path in photos.iterdir()}
    found = prediction.classify(classifier, photos, batch_size=2)
    reasons = {file.replace("\\", "/").split("/")[-1]: why for file, why in found.unreadable}
    assert set(reasons) == {"cut.png", "empty.jpg", "page.jpg"}
    assert "web page" in reasons["page.jpg"]
    assert len(answers(found)) + len(found.unreadable) + len(found.ignored) == len(before)
    assert {path: path.stat().st_mtime_ns for path in photos.iterdir()} == before


def test_top_gives_the_likeliest_classes_in_order(classifier, photos):
    table = prediction.classify(classifier, photos / "green 0.png", top=2).table
    assert table["rank"].tolist() == [1, 2]
    assert table["class"][0] == "green"
    assert table["probability"][0] > table["probability"][1]


def test_no_more_classes_are_given_than_there_are(classifier, photos):
    table = prediction.classify(classifier, photos / "green 0.png", top=9).table
    assert sorted(table["class"]) == sorted(COLORS)
    assert table["probability"].sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 9, 100])
def test_the_batch_size_does_not_change_the_answers(classifier, photos, batch_size):
    expected = prediction.classify(classifier, photos, top=3).table
    found = prediction.classify(classifier, photos, top=3, batch_size=batch_size).table
    assert found["file"].tolist() == expected["file"].tolist()
    np.testing.assert_allclose(found["probability"], expected["probability"], atol=2e-6)


def test_the_model_sees_what_the_decoder_of_training_gives(classifier, photos):
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    path = photos / "turned.jpg"
    Image.fromarray(noise).save(path, exif=exif)
    pixels = decoder.decode(path, (6, 8), "rgb", "stretch").astype(np.float32)
    expected = classifier.model.predict_on_batch(pixels[np.newaxis])[0]
    table = prediction.classify(classifier, path, top=3).table.set_index("class")
    np.testing.assert_allclose(table.loc[list(COLORS), "probability"], expected, atol=2e-6)


def test_one_sigmoid_output_answers_with_two_classes(tmp_path, photos):
    classifier = prediction.load(save_run(tmp_path / "run", 1, "sigmoid"))
    table = prediction.classify(classifier, photos / "blue 0.png", top=2).table
    assert table["class"].tolist() == ["green", "سرخ 1"]  # the output is the second class's
    assert table["probability"].sum() == pytest.approx(1, abs=1e-5)


def test_scores_are_not_called_probabilities(tmp_path, photos, classifier):
    scorer = prediction.load(save_run(tmp_path / "run", 3, None))
    assert classifier.gives_probabilities
    assert not scorer.gives_probabilities
    found = prediction.classify(scorer, photos, top=3)
    assert list(found.table.columns) == ["file", "rank", "class", "score"]
    assert answers(found) == answers(prediction.classify(classifier, photos))
    assert found.table["score"].max() > 1


def test_without_one_readable_file_the_table_is_empty(classifier, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    found = prediction.classify(classifier, tmp_path)
    assert list(found.table.columns) == ["file", "rank", "class", "probability"]
    assert len(found.table) == 0
    assert len(found.unreadable) == 1


def test_files_found_before_are_not_looked_for_again(classifier, photos, monkeypatch):
    chosen = prediction.find(photos / "*0.png")
    monkeypatch.chdir("/")
    assert len(answers(prediction.classify(classifier, chosen))) == 3


def test_nothing_is_read_where_a_path_matches_nothing(classifier, photos):
    with pytest.raises(SettingError, match=r"gone\.jpg"):
        prediction.classify(classifier, [photos, photos / "gone.jpg"])


@pytest.mark.parametrize("wrong", [{"top": 0}, {"batch_size": 0}])
def test_numbers_below_one_are_refused(classifier, photos, wrong):
    with pytest.raises(SettingError, match="at least 1"):
        prediction.classify(classifier, photos, **wrong)


def test_a_model_that_answers_with_no_numbers_is_said(tmp_path, photos):
    classifier = prediction.load(save_run(tmp_path / "run", 2))
    classifier.model.layers[-1].set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    with pytest.raises(KitError, match="not finite"):
        prediction.classify(classifier, photos)
