import numpy as np
import pandas as pd
import pytest

from kit import baselines


def told(method: str, values: list[float], accuracy: list[float], tuned_on: int = 80) -> str:
    name = "k" if method == "knn" else "C"
    best = int(np.argmax(accuracy))
    baseline = baselines.Baseline(
        method=method,
        title="a method",
        settings={name: values[best]},
        search=pd.DataFrame({name: values, "accuracy": accuracy, "spread": 0.01}),
        tuned_on=tuned_on,
        images=80,
        seconds=1.5,
        ask=lambda vectors: vectors,
    )
    answers = baselines.Answers(np.full((20, 2), 0.5), seconds=0.1, numbers=np.arange(20))
    return "\n".join(baselines.sentences(baseline, answers))


def test_the_choice_and_the_cost_are_told_with_their_numbers() -> None:
    text = told("svm", [0.1, 1.0, 10.0], [0.5, 0.75, 0.7], tuned_on=40)

    assert "C = 1.0, the best of 3 settings" in text
    assert "images; accuracy 0.750, standard deviation between folds 0.010" in text
    assert "1.5 s to choose and fit; 5 ms per image to classify" in text
    assert "may lie beyond" not in text
    assert "compared" not in text


@pytest.mark.parametrize(
    ("method", "values", "accuracy", "side"),
    [
        ("svm", [0.1, 1.0], [0.9, 0.5], "smallest"),
        ("logistic", [0.1, 1.0], [0.5, 0.9], "largest"),
        ("knn", [25, 1], [0.9, 0.5], "largest"),
        ("knn", [25, 1], [0.5, 0.9], None),
    ],
)
def test_a_best_value_at_the_edge_is_distrusted_but_for_one_neighbour(
    method: str, values: list[float], accuracy: list[float], side: str | None
) -> None:
    text = told(method, values, accuracy)

    assert ("may lie beyond" in text) == (side is not None)
    assert side is None or f"is the {side} value tried" in text


def test_neighbours_are_said_to_cost_as_much_as_there_are_images() -> None:
    assert "compared with all 80 training images" in told("knn", [3, 1], [0.9, 0.5])
