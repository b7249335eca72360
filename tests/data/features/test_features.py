"""Features that stand in for images, from a function whose result can be computed by hand."""

import dataclasses
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from kit.data import load
from kit.data.batches import augmentation, pipeline, seeded_layers
from kit.data.features import extraction, features
from kit.data.scanning import pixel_cache, records
from kit.errors import SettingError


class Means:
    """The mean of each row of pixels, and how many images were asked for."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale, self.asked = scale, 0

    def __call__(self, images):
        self.asked += len(images)
        return (self.scale * images.mean(axis=(2, 3))).astype(np.float32)


@pytest.fixture
def data(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("KIT_CACHE", str(tmp_path))
    return load(photos, image_size=(12, 10), batch_size=5, augmentation="light")


def featured(data, extract: Callable[..., object], **settings):
    return features.featured(data, extract, "means", (data.image_shape[0],), **settings)


def test_features_are_those_of_the_images_and_held_out_ones_are_exact(data):
    found = featured(data, Means(1 / 3))
    every = np.arange(48)
    exact = Means(1 / 3)(data.images.read(every).astype(np.float32))
    vectors = found.images.read(every)
    assert vectors.dtype == np.float32
    train, held = data.parts["train"], data.parts["validation"]
    np.testing.assert_array_equal(vectors[train], exact[train].astype(np.float16))
    np.testing.assert_array_equal(vectors[held], exact[held])
    assert not np.array_equal(exact[train], exact[train].astype(np.float16))
    np.testing.assert_array_equal(
        featured(data, Means(1 / 3), half=False).images.read(every), exact
    )


def test_no_image_is_computed_twice(data):
    extract = Means()
    featured(data, extract)
    assert extract.asked == 48
    featured(data, extract)
    assert extract.asked == 48


def test_without_the_cache_nothing_is_kept(data, tmp_path):
    extract = Means()
    vectors = featured(data, extract, cache=False).images.read([0, 13])
    np.testing.assert_array_equal(vectors, featured(data, extract).images.read([0, 13]))
    assert extract.asked == 96


def test_features_that_take_too_long_are_refused_after_a_few_batches(data, monkeypatch):
    clock, extract = SimpleNamespace(now=0.0), Means()
    monkeypatch.setattr(extraction, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def slow(images):
        clock.now += 60
        return extract(images)

    with pytest.raises(SettingError, match=r"features takes longer .* It needs 2 more minutes"):
        featured(data, slow, until=480)
    assert extract.asked == 25  # of 48, after 5 of 10 minutes
    clock.now = 0.0
    featured(data, slow, until=600)


def test_a_full_disk_is_no_reason_to_stop(data, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    expected = featured(data, Means(), cache=False).images.read(np.arange(48))
    monkeypatch.setattr(pixel_cache.Writer, "add", full)
    np.testing.assert_array_equal(featured(data, Means()).images.read(np.arange(48)), expected)


def test_views_are_the_images_of_later_epochs_and_belong_to_training(data):
    found = featured(data, Means(), views=3, half=False)
    train = data.parts["train"]
    count = len(train)
    assert len(found.parts["train"]) == 3 * count
    assert found.counts("train") == {
        name: 3 * number for name, number in data.counts("train").items()
    }
    np.testing.assert_array_equal(found.parts["validation"], data.parts["validation"])
    change = augmentation.changing(data)
    for epoch in (1, 2):
        seeds = seeded_layers.seeds(data.seed, epoch, train)
        changed = np.asarray(change(data.images.read(train), seeds))
        rows = found.parts["train"][epoch * count : (epoch + 1) * count]
        np.testing.assert_allclose(found.images.read(rows), Means()(changed), rtol=1e-5)
        np.testing.assert_array_equal(found.labels[rows], data.labels[train])
        assert [found.files[row] for row in rows] == [data.files[image] for image in train]


def test_views_need_an_augmentation(data):
    with pytest.raises(SettingError, match="views must be at least 1"):
        featured(data, Means(), views=0)
    with pytest.raises(SettingError, match="would be equal"):
        featured(dataclasses.replace(data, augmentation="none"), Means(), views=2)


def test_the_pipeline_feeds_features_as_it_feeds_images(data):
    found = featured(data, Means())
    batch, labels = next(iter(pipeline.ordered(found, "validation")))
    chosen = found.parts["validation"][: len(batch)]
    np.testing.assert_array_equal(batch, found.images.read(chosen))
    np.testing.assert_array_equal(np.argmax(labels, axis=1), data.labels[chosen])
    shapes = [tuple(x.shape) for x, _ in pipeline.training(found).take(pipeline.steps(found))]
    assert sum(rows for rows, _ in shapes) == len(found.parts["train"])


def test_features_that_half_precision_cannot_hold_are_noticed(data):
    small = featured(data, Means(1 / 3)).images
    np.testing.assert_array_equal(small.rounded, data.parts["train"])
    large = features.featured(data, Means(1e5), "large", small.shape).images
    assert not len(large.rounded)
    assert np.isfinite(large.read(np.arange(48))).all()


def test_views_belong_to_their_images_in_whatever_order_these_are(data):
    train = data.parts["train"]
    turned = dataclasses.replace(data, parts={**data.parts, "train": train[::-1]})
    straight, other = (featured(each, Means(), views=2) for each in (data, turned))
    last = len(train)
    one = straight.images.read(straight.parts["train"][last:])
    two = other.images.read(other.parts["train"][last:])
    np.testing.assert_array_equal(one, two[::-1])


def test_leaving_images_out_or_adding_some_computes_only_what_is_new(data, photos, tmp_path):
    whole = featured(data, extract := Means())
    asked = extract.asked
    (tmp_path / "out.txt").write_text("\n".join(data.files[:6]))
    settings = {"image_size": (12, 10), "batch_size": 5, "augmentation": "light"}
    fewer = load(photos, exclude=tmp_path / "out.txt", seed=1, **settings)
    found = featured(fewer, extract)
    before = {data.files[i] for i in data.parts["train"]}
    assert any(fewer.files[i] in before for i in fewer.parts["validation"]), "some change parts"
    assert extract.asked == asked == 48
    same = [data.files.index(file) for file in fewer.files]
    exact = Means()(fewer.images.read(np.arange(len(fewer.files))).astype(np.float32))
    np.testing.assert_allclose(found.images.read(np.arange(len(exact))), exact, rtol=1e-3)
    train = fewer.parts["train"]
    both = [row for row in train if same[row] in data.parts["train"]]
    np.testing.assert_array_equal(
        found.images.read(both), whole.images.read([same[row] for row in both])
    )
    asked = extract.asked
    featured(fewer, extract)
    featured(data, extract)
    assert extract.asked == asked, "both are kept"


def test_rows_of_views_are_of_an_image_in_its_place(data):
    def asked(splits):
        extract = Means()
        extraction.Extraction(splits, extract, "means", (12,), True).changed(train, 1)
        return extract.asked

    train = data.parts["train"]
    one, two = train[:2]
    hashes = list(data.hashes)
    hashes[one], hashes[two] = hashes[two], hashes[one]
    assert asked(data) == len(train)
    assert asked(dataclasses.replace(data, hashes=tuple(hashes))) == 2
    assert asked(dataclasses.replace(data, seed=data.seed + 1)) == len(train)
    assert asked(data) == 0


def test_a_damaged_list_of_rows_costs_computing_only(data, monkeypatch):
    featured(data, extract := Means())
    for path in records.folder().glob("rows-*.json"):
        path.write_text("{")
    for path in pixel_cache._arrays().glob("features-*.npy"):
        path.unlink()
    featured(data, extract)
    assert extract.asked == 96
