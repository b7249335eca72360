"""Weights that are fetched: whole, checked and only where nobody forbids it."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from loopback import names, serving

from kit import files
from kit.architectures import backbones
from kit.architectures.backbones import origins, weights
from kit.errors import KitError

ROW = backbones.find("EfficientNetV2B0")
FILE = weights.HDF5 + b"numbers" * 99


@pytest.fixture(autouse=True)
def online(keras_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetch as on a machine with a network, from nowhere as long as nobody serves."""
    monkeypatch.delenv("KIT_OFFLINE")
    monkeypatch.setattr(origins, "STORE", "http://127.0.0.1:9/")
    monkeypatch.setitem(origins.HASHES, ROW.name, hashlib.md5(FILE).hexdigest())
    monkeypatch.setattr(weights, "UNASKED", weights.Allowance(10**6, 0.3, 0.3, 5))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def run(answer: Any) -> Iterator[Any]:
        with serving(answer) as server:
            monkeypatch.setattr(origins, "STORE", f"{server.url}/")
            yield server

    return run


def fetched(**settings: Any) -> None:
    backbones.fetch(ROW, weights.UNASKED, **settings)


def test_a_file_comes_whole_under_the_name_that_keras_has_for_it(
    published: Any, keras_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with published(lambda to: to.give(FILE)) as server:
        path = backbones.ready(ROW, "imagenet")
        backbones.ready(ROW, "imagenet")

    assert path is not None
    assert path.read_bytes() == FILE
    assert names(keras_home) == ["models", "models/efficientnetv2-b0_notop.h5"]
    assert [asked for asked, _ in server.asked] == [
        "/tensorflow/keras-applications/efficientnet_v2/efficientnetv2-b0_notop.h5"
    ]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "EfficientNetV2B0, pretrained on ImageNet (about 24 MB), from http://127" in said
    assert str(keras_home / "models") in said


def hang(to: Any) -> None:
    to.server.over.wait(20)


def stall(to: Any) -> None:
    to.give(FILE[:20], length=len(FILE))
    to.server.over.wait(20)


BAD = [
    (lambda to: to.give(FILE + b"!"), "has the MD5 .*, not .*is not used"),
    (lambda to: to.give(b"<html>Log in, please"), "another kind of file"),
    (lambda to: to.give(FILE, length=10**9), "larger than the 1,000,000 bytes allowed"),
    (lambda to: to.give(FILE[:50], length=len(FILE)), "ended after 50 of"),
    (lambda to: to.give(status=302, Location="https://10.0.0.1/x.h5"), "in a private network"),
    (lambda to: to.give(status=302, Location="http://192.0.2.1/x.h5"), "which is not safe"),
    (lambda to: to.give(status=404), "the server answered 404"),
    (hang, "no answer came within 0.3 s|sent nothing for 0.3 s"),
    (stall, "sent nothing for 0.3 s|bytes came in 0.3 s"),
]


@pytest.mark.parametrize(("answer", "message"), BAD)
def test_anything_else_leaves_nothing(
    answer: Any, message: str, published: Any, keras_home: Path
) -> None:
    start = time.monotonic()
    with published(answer), pytest.raises(KitError, match=message):
        fetched()
    assert time.monotonic() - start < 3  # some wait for 20
    assert names(keras_home) == ["models"]
    assert [one for one in names(files.cache_folder("downloads")) if one.endswith("body")] == []


def test_who_has_no_network_waits_only_for_so_long(
    monkeypatch: pytest.MonkeyPatch, keras_home: Path
) -> None:
    over = threading.Event()

    def unresolved(*_: Any, **__: Any) -> Any:
        over.wait(20)
        raise socket.gaierror("Name or service not known")

    start = time.monotonic()
    with pytest.raises(KitError, match="cannot be reached"):
        fetched()
    monkeypatch.setattr(origins, "STORE", "https://weights.invalid/")
    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    with pytest.raises(KitError, match="no answer came within 0\\.3 s"):
        fetched()
    over.set()
    assert time.monotonic() - start < 3


def test_a_folder_that_cannot_be_written_is_named(published: Any, keras_home: Path) -> None:
    keras_home.write_text("a file")
    with published(lambda to: to.give(FILE)) as server, pytest.raises(KitError, match="keras"):
        fetched()
    assert server.asked == []


def test_nothing_is_asked_where_it_is_forbidden(
    published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with published(lambda to: to.give(FILE)) as server:
        with pytest.raises(KitError, match=r"about 24 MB.*download=False forbids.*copy it to"):
            backbones.ready(ROW, "imagenet", download=False)
        monkeypatch.setenv("KIT_OFFLINE", "1")
        with pytest.raises(KitError, match=r"KIT_OFFLINE=1 forbids"):
            fetched()
        assert server.asked == []
        monkeypatch.setenv("KIT_OFFLINE", "0")
        fetched()
    assert len(server.asked) == 1
