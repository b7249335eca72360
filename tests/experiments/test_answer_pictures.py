"""Pictures of why a run answers as it does, by the run that version 0.1 stored."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kit
from kit import prediction
from kit.commands.predict import predict
from kit.commands.terminal import program
from kit.errors import SettingError
from kit.experiments.answers import answer_pictures, layer_pictures

STORED = Path(__file__).parents[1] / "stored_run_0.1"
HOSTILE = ("../../out", "/etc/\x1b[31m\n", "\u202egnp.<script>" + "x" * 300)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for name in ("one", "دو", "%2f..\u202e$(x)"):
        Image.fromarray(random.integers(0, 256, (40, 40), np.uint8)).save(folder / f"{name}.png")
    return folder


def test_each_image_stands_beside_its_heat(images: Path) -> None:
    run = kit.load(STORED)
    found = run.explain(images)

    table = run.predict(images).table
    assert [(one.file, one.answer, one.sureness) for one in found] == list(
        table[["file", "class", "probability"]].itertuples(index=False, name=None)
    )
    for one in found:
        assert one.heat.shape == (8, 8)
        assert one.photo.shape == (256, 256, 1)
        assert one.pixels.shape == (256, 2 * 256 + 8, 3)
        np.testing.assert_array_equal(one.pixels[:, :256, 0], one.photo[..., 0])
        shown = Image.open(io.BytesIO(one._repr_png_()))
        np.testing.assert_array_equal(np.asarray(shown), one.pixels)


def test_the_program_writes_a_picture_for_each_image_that_can_be_read(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    given = [str(STORED), str(images), str(tmp_path / "broken.png")]
    program(predict, [*given, "--explain", str(tmp_path / "why")])

    out, err = capsys.readouterr()
    assert "probability" in out
    assert f"The pictures are in {tmp_path / 'why'}." in err
    names = sorted(path.name for path in (tmp_path / "why").iterdir())
    assert [name[:6] for name in names] == ["00001_", "00002_", "00003_"]
    assert all(name.endswith(".png") for name in names)
    assert any(name.endswith("_دو.png") for name in names)


def test_hostile_names_do_not_leave_the_folder(images: Path, tmp_path: Path) -> None:
    run = shutil.copytree(STORED, tmp_path / "run")
    facts = json.loads((run / "run.json").read_text("utf-8")) | {"class_names": list(HOSTILE)}
    (run / "run.json").write_text(json.dumps(facts), "utf-8")

    kit.predict(run, images, explain=tmp_path / "why")

    assert {path.name for path in tmp_path.iterdir()} == {"run", "why"}
    written = list((tmp_path / "why").iterdir())
    assert len(written) == 3
    for path in written:
        assert not set(path.name) & set("/\\<>$()%\u202e\x1b\n ")
        assert len(path.name.encode()) < 255
    assert [answer_pictures._harmless(name)[:12] for name in HOSTILE] == [
        "------out",
        "-etc---31m-",
        "-gnp--script",
    ]


def test_layers_are_drawn_on_request_beside_the_heat_maps(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(predict, [str(STORED), str(images), "--explain", str(tmp_path / "why"), "--layers"])

    names = [path.name for path in sorted((tmp_path / "why").glob("*"))]
    assert [name for name in names if "layers" in name] == [
        f"0000{n}_layers.png" for n in (1, 2, 3)
    ]
    assert names[6:] == ["filters.png"]
    run = kit.load(STORED)
    first = next(layer for layer in run.model.layers if layer.weights)
    assert len([axes for axes in run.filters().axes if axes.images]) == first.filters
    rows = [axes.get_ylabel() for axes in run.feature_maps(images / "one.png").axes]
    assert any("8 x 8 x" in row for row in rows)


def test_layers_need_a_folder_for_their_pictures(images: Path) -> None:
    with pytest.raises(SettingError, match="name it with explain"):
        kit.predict(STORED, images, layers=True)


def test_templates_bear_the_names_of_their_classes(tmp_path: Path) -> None:
    classifier = prediction.Classifier(
        kit.build("linear", (6, 6, 1), 3), ("cat", "سگ", "$x$"), (6, 6), "gray", "stretch"
    )

    drawn = [axes for axes in layer_pictures.filters(classifier).axes if axes.images]
    assert [axes.get_title() for axes in drawn] == ["cat", "سگ", "$x$"]


def test_a_network_without_a_map_is_explained_by_occlusion(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from kit import architectures

    model = architectures.build("linear", (8, 8, 1), 3)
    classifier = prediction.Classifier(model, ("a", "b", "c"), (8, 8), "grayscale", "stretch")
    answers = prediction.classify(classifier, images)

    found = list(answer_pictures.pictures(classifier, answers))

    assert [one.heat.max() for one in found] == pytest.approx([1, 1, 1])
    assert "parts of each image are covered" in capsys.readouterr().err


def test_the_folder_for_pictures_must_be_new_and_outside_of_the_images(
    images: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=r"already exists\. Choose another explain"):
        kit.predict(STORED, images, explain=tmp_path)
    with pytest.raises(SettingError, match=r"which is only read\. Choose another explain"):
        kit.predict(STORED, images, explain=images / "why")
