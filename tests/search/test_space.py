"""What --search takes is read, written and refused."""

import math

import pytest

from kit.errors import SettingError
from kit.search import Choices, Range, read_space, space_text


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("learning_rate=1e-6:1e-1", Range("learning_rate", 1e-6, 0.1, log=True)),
        ("learning_rate=0.1:0.2", Range("learning_rate", 0.1, 0.2, log=True)),
        ("l2=1:100", Range("l2", 1, 100, log=True)),
        ("dropout=0.0:0.6", Range("dropout", 0, 0.6)),
        ("dropout=0.01:0.6:log", Range("dropout", 0.01, 0.6, log=True)),
        ("momentum=0.001:0.9:linear", Range("momentum", 0.001, 0.9)),
        ("batch_size=16:128", Range("batch_size", 16, 128, integer=True)),
        ("units=1:1000", Range("units", 1, 1000, log=True, integer=True)),
        ("units=1:12345678", Range("units", 1, 12345678, log=True, integer=True)),
        ("dropout=0.123456789:0.6", Range("dropout", 0.123456789, 0.6)),
        ("kind=nan,inf", Choices("kind", ("nan", "inf"))),
        ("filters=[16,32],[32,64]", Choices("filters", ([16, 32], [32, 64]))),
        ("optimizer=adam,sgd", Choices("optimizer", ("adam", "sgd"))),
        ("l2=0,1e-4", Choices("l2", (0, 1e-4))),
        ("flag=true", Choices("flag", (True,))),
        (" dropout = 0.1 : 0.2 ", Range("dropout", 0.1, 0.2)),
    ],
)
def test_a_text_is_read_and_written_so_that_it_is_read_alike(
    text: str, parameter: Range | Choices
) -> None:
    (read,) = read_space([text])
    (again,) = read_space(space_text((read,)))

    assert read == again == parameter


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rate", "NAME=LOW:HIGH"),
        ("=1:2", "NAME=LOW:HIGH"),
        ("dropout=", "NAME=LOW:HIGH"),
        ("dropout=0.5:0.1", "low end must be below"),
        ("dropout=0.5:0.5", "low end must be below"),
        ("dropout=0:inf", "finite"),
        ("dropout=nan:1", "finite"),
        ("dropout=a:b", "'a' is not a number"),
        ("l2=0:1:log", "above 0"),
        ("filters=[16,32],[16,32]", "different values"),
        ("filters=[16", "is not a list of values"),
        ("day=2020-01-01,2020-01-02", "cannot be saved"),
        ("rate=.nan,1", "cannot be saved"),
        ("kind={1: 2},{1: 3}", "cannot be saved"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingError, match=said.replace("[", r"\[")):
        read_space([text])


def test_a_name_twice_and_nothing_at_all_are_refused() -> None:
    with pytest.raises(SettingError, match='"l2" is given twice'):
        read_space(["l2=1e-5:1", "l2=0,1"])
    with pytest.raises(SettingError, match="Nothing to search"):
        read_space([])


def test_a_log_range_is_even_in_its_decades() -> None:
    (rate,) = read_space(["learning_rate=1e-6:1e-1"])

    values = [rate.value(n / 5) for n in range(6)]

    assert values == pytest.approx([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
    assert [rate.share(value) for value in values] == pytest.approx([n / 5 for n in range(6)])


def test_the_values_of_a_tiny_range_lie_in_it() -> None:
    (rate,) = read_space(["learning_rate=0.0012341:0.0012344"])

    assert all(rate.low <= rate.value(n / 10) <= rate.high for n in range(11))


def test_whole_numbers_have_equal_parts_of_the_way() -> None:
    (blocks,) = read_space(["blocks=1:3"])

    counts = [sum(blocks.value(n / 3000) == k for n in range(3000)) for k in (1, 2, 3)]

    assert counts == pytest.approx([1000, 1000, 1000], abs=5)
    assert all(isinstance(blocks.value(share), int) for share in (0.0, 0.5, 1.0))


def test_choices_have_equal_parts_of_the_way() -> None:
    (optimizer,) = read_space(["optimizer=adam,sgd,adamw,rmsprop"])

    assert [optimizer.value(share) for share in (0.0, 0.25, 0.5, 0.999, 1.0)] == [
        "adam",
        "sgd",
        "adamw",
        "rmsprop",
        "rmsprop",
    ]
    assert math.isclose(optimizer.share("sgd"), 0.375)
