"""What to do next: flags that exist, never more than five, and never a smaller network."""

import dataclasses
import inspect
import re

import pytest

from kit import diagnosis
from kit.commands.train import train
from kit.diagnosis import Diagnosis, Facts, Finding
from kit.diagnosis.steps import cures, fit_steps, rate_steps
from kit.diagnosis.steps.cures import CURES

NUMBERS = {"update": 0.2, "penalty": 160.0, "loss": 2.3, "epochs": 10}
FACTS = Facts(classes=3, learning_rate=0.1, l2=1.0, augmentation="light", architecture="basic_cnn")


def steps(*causes: str, facts: Facts = FACTS) -> list[diagnosis.Step]:
    found = tuple(Finding(cause, "failed", "", "", NUMBERS) for cause in causes)
    return diagnosis.next_steps(Diagnosis(found, ""), facts)


@pytest.mark.parametrize("cause", CURES)
def test_every_flag_is_one_of_kit_train(cause: str) -> None:
    known = {name.replace("_", "-") for name in inspect.signature(train).parameters}
    known |= {"set"}

    for step in steps(cause):
        assert set(re.findall(r"--([a-z0-9-]+)", step.command)) <= known, step


def test_every_setting_that_is_looked_up_is_one_of_kit_train() -> None:
    looked_up = re.findall(
        r'settings\.get\("(\w+)"', "".join(map(inspect.getsource, (cures, fit_steps, rate_steps)))
    )

    assert len(looked_up) > 5
    assert set(looked_up) <= set(inspect.signature(train).parameters)


def test_never_more_than_five_and_none_twice() -> None:
    found = steps(*CURES)

    assert len(found) == 5
    assert len({str(one) for one in found}) == 5


def test_a_smaller_network_is_never_advised_and_data_comes_first_against_overfitting() -> None:
    texts = [step.text for cause in CURES for step in steps(cause)]

    assert not any("smaller network" in text or "fewer" in text for text in texts)
    assert "images" in steps("overfitting")[0].text


def test_rates_go_towards_usual_updates() -> None:
    lower = steps("rate too high")[0].command
    assert lower == "--learning-rate 0.002"  # 0.1 times 0.003 / 0.2

    found = Finding("rate too low", "failed", "", "", {"update": 3e-7})
    higher = diagnosis.next_steps(Diagnosis((found,), ""), Facts(classes=3, learning_rate=1e-7))
    assert higher[0].command == "--learning-rate 0.001"


def test_a_penalty_is_brought_to_a_twentieth_of_the_loss() -> None:
    both, absolute = (dataclasses.replace(FACTS, l1=0.1, l2=l2) for l2 in (1.0, 0.0))

    assert steps("penalty too strong")[0].command == "--l2 0.0007"
    assert steps("penalty too strong", facts=absolute)[0].command == "--l1 7e-05"
    assert steps("penalty too strong", facts=both)[0].command == "--l1 7e-05 --l2 0.0007"


def test_a_missing_test_part_is_named_even_after_five_others() -> None:
    facts = Facts(classes=3, test_images=0)
    found = steps(*CURES, facts=facts)

    assert len(found) == 5
    assert "There is no test part" in found[-1].text
    assert "test part" not in " ".join(str(one) for one in steps("overfitting"))


def test_a_setting_that_the_architecture_lacks_is_not_offered_as_a_flag() -> None:
    mlp, linear = (Facts(classes=3, architecture=name) for name in ("mlp", "linear"))
    flag = "--set activation=leaky_relu"

    assert flag in [one.command for one in steps("dead units", facts=mlp)]
    assert flag not in [one.command for one in steps("dead units", facts=linear)]
    assert steps("weights start at 0", facts=mlp)[0].command == "--initialization he_normal"


def test_all_well_needs_nothing() -> None:
    assert steps() == []


def test_more_of_the_image_is_more_than_now_and_flags_fit_the_architecture() -> None:
    known = Facts(classes=3, architecture="linear", image_size=128)
    commands = [one.command for one in steps("underfitting", facts=known)]

    assert "--architecture basic_cnn" in commands
    assert "--image-size 256" in commands
    assert not any("--image-size" in one.command for one in steps("underfitting"))
    assert not any("--dropout" in one.command for one in steps("overfitting", facts=known))
    assert any("--dropout" in one.command for one in steps("overfitting"))
