import errno
import os
import shutil
import threading
import time

import numpy as np
import pytest
from folders import fill
from PIL import Image

from kit import files
from kit.data.decoding import decoder, opening, thread_pool
from kit.data.listing.folders import listing
from kit.data.scanning import judging, pixel_cache, records
from kit.data.scanning.images import CachedImages, DecodedImages
from kit.data.scanning.judging import Rows
from kit.data.scanning.scan import median_size, scan
from kit.errors import DataError, SettingError

RGB = Rows((16, 16), "auto", "stretch")


@pytest.fixture
def photos(tmp_path):
    """Two classes of ten pictures each, different and in color."""
    return fill(tmp_path / "photos", size=(20, 24), names="{}.png", cats=10, dogs=10)


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that a scan reads."""
    names = []
    read = opening.read

    def counted(path):
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(judging.opening, "read", counted)
    return names


def scanned(folder, rows=RGB, cache=True):
    return scan(listing(folder), rows, cache)


def everything(images):
    return images.read(np.arange(len(images)))


@pytest.mark.parametrize("color", ["auto", "rgb", "grayscale"])
@pytest.mark.parametrize("aspect", ["stretch", "crop", "pad"])
def test_cached_and_decoded_images_are_equal_bit_for_bit(photos, color, aspect):
    rows = Rows((10, 14), color, aspect)
    cached, decoded = scanned(photos, rows).images, scanned(photos, rows, cache=False).images
    assert isinstance(decoded, DecodedImages)
    assert cached.shape == decoded.shape
    some = np.array([3, 0, 17, 3])
    np.testing.assert_array_equal(cached.read(some), decoded.read(some))


def test_gray_images_give_one_channel_and_a_single_color_three(photos):
    for path in photos.rglob("*.png"):
        Image.open(path).convert("L").convert("RGB").save(path)
    result = scanned(photos)
    assert result.color == "grayscale"
    expected = [
        decoder.decode(photos / one.found.file, (16, 16), "grayscale") for one in result.entries
    ]
    np.testing.assert_array_equal(everything(result.images), expected)
    assert scanned(photos).images.shape == (16, 16, 1), "from the cache"
    assert scanned(photos, Rows((16, 16), "rgb", "stretch")).images.shape == (16, 16, 3)
    Image.new("RGB", (9, 9), "red").save(photos / "cats" / "red.png")
    assert scanned(photos).color == "rgb"


def test_an_unchanged_folder_is_not_read_again(photos, reads):
    first = scanned(photos)
    assert len(reads) == 20
    reads.clear()
    again = scanned(photos)
    assert not reads
    assert again.hashes == first.hashes
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(everything(again.images), everything(first.images))


def test_a_changed_file_is_read_again(photos, reads):
    first = scanned(photos, cache=False)
    reads.clear()
    Image.new("RGB", (30, 30), "red").save(photos / "cats" / "3.png")
    again = scanned(photos, cache=False)
    assert reads == ["3.png"]
    assert again.fingerprint != first.fingerprint
    assert (scanned(photos).images.read(np.array([3])) == [255, 0, 0]).all()


@pytest.mark.parametrize("color", ["auto", "grayscale"])
def test_only_new_and_changed_files_are_decoded_into_the_new_array(photos, reads, color):
    rows = Rows((16, 16), color, "stretch")
    scanned(photos, rows)
    reads.clear()
    Image.new("RGB", (30, 30), "red").save(photos / "cats" / "3.png")
    Image.new("RGB", (30, 30), "blue").save(photos / "cats" / "new.png")
    (photos / "dogs" / "0.png").unlink()
    result = scanned(photos, rows)
    assert sorted(reads) == ["3.png", "new.png"]
    assert result.changed == ("cats/3.png",)
    wanted = "rgb" if color == "auto" else color
    expected = [decoder.decode(photos / one.found.file, (16, 16), wanted) for one in result.entries]
    np.testing.assert_array_equal(everything(result.images), expected)


def test_rows_of_an_array_belong_to_contents_and_not_to_names_or_places(photos, reads):
    scanned(photos)
    Image.new("RGB", (30, 30), "red").save(photos / "cats" / "3.png")
    (photos / "cats" / "0.png").rename(photos / "dogs" / "renamed.png")
    (photos / "dogs" / "0.png").unlink()
    Image.new("RGB", (30, 30), "blue").save(photos / "cats" / "new.png")
    scanned(photos, cache=False)  # knows the new files, and leaves the old array
    reads.clear()
    result = scanned(photos)
    assert sorted(reads) == ["3.png", "new.png"]
    expected = [decoder.decode(photos / one.found.file, (16, 16)) for one in result.entries]
    np.testing.assert_array_equal(everything(result.images), expected)


def test_files_that_change_names_are_read_again_though_their_size_and_time_are_equal(photos):
    for number in (0, 1):  # as an archive of uncompressed pictures leaves them
        path = photos / "cats" / f"{number}.bmp"
        Image.new("RGB", (30, 30), ("red", "blue")[number]).save(path)
        os.utime(path, (1e9, 1e9))
    scanned(photos)
    one, other = photos / "cats" / "0.bmp", photos / "cats" / "1.bmp"
    one.rename(photos / "cats" / "aside.bmp")
    other.rename(one)
    (photos / "cats" / "aside.bmp").rename(other)
    result = scanned(photos)
    expected = [decoder.decode(photos / file.found.file, (16, 16)) for file in result.entries]
    np.testing.assert_array_equal(everything(result.images), expected)
    assert result.changed == ("cats/0.bmp", "cats/1.bmp")


def test_a_file_damaged_under_its_old_time_is_reported(photos):
    path = photos / "cats" / "3.png"
    before = path.stat()
    scanned(photos)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert scanned(photos).changed == ("cats/3.png",)
    assert scanned(photos).changed == ()


def test_another_limit_of_pixels_judges_again(photos, monkeypatch):
    Image.new("RGB", (60, 60)).save(photos / "cats" / "large.png")
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "0.003")
    assert [one.file for one in scanned(photos).problems] == ["cats/large.png"]
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "1")
    assert scanned(photos).problems == ()
    assert len(scanned(photos).images) == 21
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "0.003")
    Image.new("RGB", (20, 20)).save(photos / "dogs" / "new.png")
    result = scanned(photos)
    assert [(one.file, one.verdict) for one in result.problems] == [("cats/large.png", "refused")]
    expected = [decoder.decode(photos / one.found.file, (16, 16)) for one in result.entries]
    np.testing.assert_array_equal(everything(result.images), expected)


def test_a_file_that_can_never_be_read_does_not_fill_the_cache_anew(photos, reads, monkeypatch):
    (photos / "cats" / "empty.jpg").touch()
    first = scanned(photos)
    reads.clear()
    monkeypatch.setattr(pixel_cache, "Writer", None)
    again = scanned(photos)
    assert reads == ["empty.jpg"]
    assert (again.problems, again.fingerprint) == (first.problems, first.fingerprint)
    assert again.changed == ()


def test_large_pictures_are_handed_over_one_by_one(photos, monkeypatch):
    tasks = []
    whole = thread_pool.in_order

    def counted(work, chunks, ahead):
        tasks.append([len(chunk) for chunk in chunks])
        return whole(work, chunks, ahead)

    monkeypatch.setattr(thread_pool, "in_order", counted)
    scanned(photos, cache=False)
    scanned(photos, Rows((1000, 1000), "auto", "stretch"), cache=False)
    assert tasks == [[16, 4], [1] * 20]


def test_gray_rows_serve_no_picture_that_has_colors(photos, reads):
    scanned(photos, Rows((16, 16), "grayscale", "stretch"))
    reads.clear()
    result = scanned(photos)
    assert len(reads) == 20
    expected = [decoder.decode(photos / one.found.file, (16, 16)) for one in result.entries]
    np.testing.assert_array_equal(everything(result.images), expected)


def test_a_strict_scan_stops_at_the_first_broken_or_refused_file(photos, tmp_path):
    (photos / "cats" / "3.png").write_bytes((photos / "cats" / "4.png").read_bytes()[:500])
    (photos / "cats" / "notes.txt").write_text("no image, and nobody's loss")
    with pytest.raises(DataError, match=r"cats/3\.png is broken: "):
        scan(listing(photos), RGB, True, strict=True)
    assert len(scanned(photos).entries) == 19
    with pytest.raises(DataError, match=r"cats/3\.png is broken: "):  # known from the scan before
        scan(listing(photos), RGB, True, strict=True)
    (photos / "cats" / "3.png").unlink()
    assert len(scan(listing(photos), RGB, True, strict=True).entries) == 19
    (photos / "cats" / "out.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(DataError, match=r"cats/out\.png is refused"):
        scan(listing(photos), RGB, True, strict=True)


def test_another_size_color_or_aspect_is_another_array(photos):
    for rows in (RGB, Rows((8, 8), "auto", "stretch"), Rows((16, 16), "grayscale", "stretch"),
                 Rows((16, 16), "auto", "pad")):  # fmt: skip
        images = scanned(photos, rows).images
        assert images.shape[:2] == rows.image_size
    assert len(list(files.cache_folder("arrays").iterdir())) == 4


def test_broken_files_are_left_out_and_named(photos, reads):
    (photos / "cats" / "3.png").write_bytes((photos / "cats" / "4.png").read_bytes()[:500])
    (photos / "cats" / "empty.jpg").touch()
    (photos / "dogs" / "notes.txt").write_text("two dogs")
    result = scanned(photos)
    assert [(one.file, one.verdict) for one in result.problems] == [
        ("cats/3.png", "broken"),
        ("cats/empty.jpg", "broken"),
        ("dogs/notes.txt", "ignored"),
    ]
    assert len(result.entries) == len(result.images) == 19
    expected = [decoder.decode(photos / one.found.file, (16, 16)) for one in result.entries]
    np.testing.assert_array_equal(everything(result.images), expected)
    reads.clear()
    assert scanned(photos).problems == result.problems
    assert reads == ["empty.jpg"], "what could not be read may be readable now"


def test_without_room_images_are_decoded_when_asked_for(photos, monkeypatch):
    monkeypatch.setenv("KIT_CACHE_LIMIT_GB", "0.000001")
    result = scanned(photos)
    assert isinstance(result.images, DecodedImages)
    assert "do not fit in the cache" in result.notes[-1]


def test_a_stored_array_needs_no_second_room(photos, monkeypatch, reads):
    scanned(photos)
    reads.clear()
    size = 20 * 16 * 16 * 3 + 128
    monkeypatch.setenv("KIT_CACHE_LIMIT_GB", f"{1.5 * size / 1e9:.9f}")
    assert isinstance(scanned(photos).images, CachedImages)
    assert not reads


def test_without_a_place_for_caches_images_are_decoded(photos, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "file"))
    result = scanned(photos)
    assert isinstance(result.images, DecodedImages)
    assert len(everything(result.images)) == 20
    assert "cannot be written" in capsys.readouterr().err


def test_a_full_disk_ends_the_cache_and_not_the_run(photos, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pixel_cache.Writer, "add", full)
    result = scanned(photos)
    assert isinstance(result.images, DecodedImages)
    assert len(result.entries) == 20
    assert not list(files.cache_folder("arrays").iterdir())


def test_a_file_that_breaks_later_is_named(photos):
    images = scanned(photos, cache=False).images
    (photos / "dogs" / "5.png").write_bytes(b"")
    with pytest.raises(DataError, match="5\\.png was readable before"):
        everything(images)


def test_what_was_not_used_for_longest_goes_first(photos, monkeypatch):
    def store(name, age):
        with pixel_cache.Writer((1000,)) as writer:
            writer.add(np.zeros(1000))
            writer.publish(name)
        path = files.cache_folder("arrays") / f"{name}.npy"
        os.utime(path, (time.time() - age, time.time() - age))

    for name, age in (("old", 300), ("older", 400), ("new", 100)):
        store(name, age)
    assert pixel_cache.find("older", (1, 1000)) is not None  # and so is used just now
    monkeypatch.setenv("KIT_CACHE_LIMIT_GB", "0.0000035")
    assert pixel_cache.has_room(1000)
    left = {path.stem for path in files.cache_folder("arrays").iterdir()}
    assert left == {"older", "new"}


@pytest.mark.parametrize("limit", ["nan", "-1", "much"])
def test_a_cache_limit_must_be_from_0(monkeypatch, limit):
    monkeypatch.setenv("KIT_CACHE_LIMIT_GB", limit)
    with pytest.raises(SettingError, match=limit):
        pixel_cache.has_room(1)


def test_nothing_goes_where_that_would_not_suffice(monkeypatch):
    kept = files.cache_folder("arrays") / "kept.npy"
    kept.write_bytes(bytes(1000))
    monkeypatch.setattr(
        pixel_cache.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 1000)
    )
    assert not pixel_cache.has_room(3000)
    assert kept.exists()
    assert pixel_cache.has_room(1500), "with the 1000 bytes of what is stored"
    assert not kept.exists()


def test_what_cannot_be_deleted_leaves_no_room(monkeypatch):
    (files.cache_folder("arrays") / "mapped.npy").write_bytes(bytes(1000))
    monkeypatch.setenv("KIT_CACHE_LIMIT_GB", "0.0000015")

    def refuse(_):
        raise PermissionError

    monkeypatch.setattr(pixel_cache.Path, "unlink", refuse)
    assert not pixel_cache.has_room(1000)


def test_what_a_killed_process_left_is_cleared_after_a_day():
    fresh, stale = (files.cache_folder("arrays") / f".writing-{n}.npy" for n in (1, 2))
    for path in (fresh, stale):
        path.write_bytes(b"half")
    os.utime(stale, (0, 0))
    assert pixel_cache.has_room(10)
    assert fresh.exists()
    assert not stale.exists()


def test_half_an_array_or_a_record_of_nonsense_is_made_again(photos, reads):
    scanned(photos)
    for kind in ("arrays", "scans"):
        for path in files.cache_folder(kind).iterdir():
            path.write_bytes(path.read_bytes()[:70])
    reads.clear()
    assert isinstance(scanned(photos).images, CachedImages)
    assert len(reads) == 20
    assert len(everything(scanned(photos).images)) == 20


def test_a_record_with_other_fields_is_made_again(photos):
    before = scanned(photos)
    for path in files.cache_folder("scans").iterdir():
        record = records.recall_value(path.stem)
        record["files"] = {file: row[:-1] for file, row in record["files"].items()}
        records.remember_value(path.stem, record)
    assert scanned(photos).fingerprint == before.fingerprint


@pytest.mark.parametrize("damage", ["", "[]", '["files"]', "\n{}"])
def test_a_remembered_value_is_believed_only_as_it_was_written(damage):
    records.remember_value("some", {"files": [1, 2]})
    assert records.recall_value("some") == {"files": [1, 2]}
    path = files.cache_folder("scans") / "some.json"
    path.write_bytes(path.read_bytes().replace(b"1, 2", b"1, 3"))
    assert records.recall_value("some") is None
    path.write_text(damage)
    assert records.recall_value("some") is None


@pytest.mark.parametrize("cache", [True, False])
def test_the_color_does_not_depend_on_earlier_scans(photos, cache):
    for path in photos.rglob("*.png"):
        gray = Image.new("RGB", (64, 64), "gray")
        gray.putpixel((3, 3), (120, 128, 128))
        gray.save(path)
    colors = [scanned(photos, Rows((size, size), "auto", "stretch"), cache).color
              for size in (4, 64, 4)]  # fmt: skip
    assert colors == ["grayscale", "rgb", "grayscale"]


def test_another_version_of_the_decoder_reads_all_again(photos, reads, monkeypatch):
    scanned(photos)
    reads.clear()
    monkeypatch.setattr(decoder, "version", lambda: "another")
    scanned(photos)
    assert len(reads) == 20


def test_several_scans_at_once_agree(photos):
    results, errors = [], []

    def work():
        try:
            results.append(scanned(photos))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for result in results:
        np.testing.assert_array_equal(everything(result.images), everything(results[0].images))
    assert not list(files.cache_folder("arrays").glob(".writing-*"))


def test_a_missing_heic_package_stops_the_scan(photos, monkeypatch):
    monkeypatch.setattr(opening, "formats", lambda: ("PNG",))
    (photos / "cats" / "phone.jpg").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    with pytest.raises(DataError, match="pip install pi-heif"):
        scanned(photos)
    assert not list(files.cache_folder("arrays").iterdir())


def test_the_default_size_is_the_median_longer_side_and_at_most_128(photos):
    assert median_size(listing(photos)) == 24
    for path in photos.rglob("*.png"):
        Image.new("RGB", (100, 300)).save(path)
    assert median_size(listing(photos)) == 128


def test_memory_stays_bounded_while_reading(photos, monkeypatch):
    monkeypatch.setattr(judging, "CHUNK", 1)
    monkeypatch.setattr(thread_pool, "workers", lambda: 1)
    judged = []
    judge = judging._judge
    monkeypatch.setattr(
        judging, "_judge", lambda file, rows: judged.append(file) or judge(file, rows)
    )
    lead = []
    paths = [photos / one.found.file for one in listing(photos).entries]
    for _ in judging.examine(paths, RGB):
        lead.append(len(judged) - len(lead))
    assert len(lead) == 20
    assert max(lead) <= thread_pool.AHEAD + 1
