"""Too little memory is said before files are decoded, and is no verdict on a file."""

import pytest
from folders import fill
from PIL import Image

from kit import data, memory, prediction
from kit.auditing import measuring
from kit.commands.terminal import Command, program
from kit.data import capacity
from kit.data.decoding import decoder, opening
from kit.data.listing.folders import listing
from kit.data.scanning import judging
from kit.data.scanning.judging import Rows
from kit.data.scanning.scan import scan
from kit.description import Description
from kit.errors import KitError, SettingError
from kit.settings import Joined

GB = 10**9


@pytest.fixture
def photos(tmp_path):
    return fill(tmp_path / "photos", size=(10, 12), names="{}.png", cats=4, dogs=4)


@pytest.fixture
def free(monkeypatch):
    def set_to(size):
        monkeypatch.setattr(memory, "available", lambda: size)

    return set_to


@pytest.mark.parametrize("load", ["load", "load_test"])
def test_images_that_cannot_fit_are_refused_before_one_is_decoded(load, photos, free, monkeypatch):
    monkeypatch.setattr(judging, "_judge", None)
    free(4 * GB)
    known = {} if load == "load" else {"class_names": ["cats", "dogs"], "color": "rgb"}
    if known:
        known["aspect"] = "stretch"

    with pytest.raises(SettingError, match="10000 x 10000 pixels in batches of 8 need at least"):
        getattr(data, load)(photos, image_size=(10_000, 10_000), **known)


@pytest.mark.parametrize("size", [0, -1, True, 1.5, 10**6, (8, 65_501), (8,), (8, 8, 3), "8"])
def test_a_size_that_no_image_has_is_refused(size, photos):
    with pytest.raises(SettingError, match="image_size must be"):
        data.load(photos, image_size=size)


def test_what_a_network_takes_is_counted_by_hand(free, monkeypatch):
    monkeypatch.setattr(capacity, "workers", lambda: 2)
    waiting = 3 * 2 * 30  # pictures of 2 x 5 pixels in color, 3 for each of 2 threads
    batch = 4 * 30 * 5  # as bytes, and as numbers of four
    network = type("Cost", (), {"parameters": 50, "fixed": 10, "activation_bytes": 1000})
    trained = 4 * 1000 + 4 * (50 + 40)

    free(waiting + batch)
    data.check_memory((2, 5), 4)
    with pytest.raises(SettingError, match="to train this network"):
        data.check_memory((2, 5), 4, network)
    free(waiting + batch + trained)
    data.check_memory((2, 5), 4, network)
    assert {"parameters", "fixed", "activation_bytes"} <= set(dir(Description))
    free(waiting + batch - 1)
    with pytest.raises(SettingError, match="Make image_size or batch_size smaller"):
        data.check_memory((2, 5), 4)


def test_where_memory_cannot_be_told_nothing_is_refused(free):
    free(None)

    data.check_memory((10_000, 10_000), 32)


def test_images_that_are_enlarged_many_times_are_noted(photos):
    assert not any("enlarged" in note for note in data.load(photos, image_size=40).notes)
    notes = data.load(photos, image_size=60).notes

    said = "10 x 12 pixels and are enlarged at least 5 times to 60 x 60"
    assert sum(said in note for note in notes) == 1


@pytest.fixture
def full(monkeypatch):
    """Memory that gives out at one file."""
    whole = decoder.eight_bits

    def eight_bits(image, *settings):
        if image.size == (30, 30):
            raise MemoryError
        return whole(image, *settings)

    monkeypatch.setattr(decoder, "eight_bits", eight_bits)


def scanned(folder):
    return scan(listing(folder), Rows((8, 8), "auto", "stretch"), cache=False)


def decoded(folder):
    return data.DecodedImages(folder, ("cats/large.png",), (8, 8), "rgb", "stretch").read([0])


def predicted(folder):
    classifier = prediction.Classifier(None, ("a", "b"), (8, 8), "rgb", "stretch")
    return prediction.classify(classifier, folder / "cats" / "large.png")


def audited(folder):
    return measuring.read(listing(folder), cache=False)


@pytest.mark.parametrize("use", [scanned, decoded, predicted, audited])
def test_memory_that_gave_out_is_no_verdict_on_the_file(use, photos, full):
    Image.new("RGB", (30, 30)).save(photos / "cats" / "large.png")

    with pytest.raises(KitError, match=r"too little memory to decode .*large\.png") as raised:
        use(photos)

    assert raised.value.exit_code == 1


def test_a_decoder_that_fails_where_memory_is_short_is_no_verdict(free):
    whole = b"".join([b"P6 30 30 255\n", bytes(2000)])  # 700 bytes are missing

    with pytest.raises(opening.BrokenImage):
        decoder.decode(whole, (8, 8))
    free(17 * 900 - 1)
    with pytest.raises(MemoryError):
        decoder.decode(whole, (8, 8))


def test_a_program_that_runs_out_of_memory_says_so(capsys):
    def fails() -> None:
        """Fail."""
        raise MemoryError

    with pytest.raises(SystemExit) as ended:
        program(Command(Joined, fails), [])

    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("Error: there is too little memory.")


def test_the_memory_that_is_left_obeys_every_limit(tmp_path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   5 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    assert memory.available() == 5 * 1024
    for name, text in (
        ("memory.max", "4000\n"),
        ("memory.current", "3000\n"),
        ("memory.stat", "anon 2500\ninactive_file 400\n"),
    ):
        (tmp_path / name).write_text(text)
    assert memory.available() == 1400
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() == 5 * 1024
    monkeypatch.setattr(memory, "_left_to_process", lambda: 7)
    assert memory.available() == 7
