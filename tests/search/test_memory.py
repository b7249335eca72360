"""Networks that are trained one after the other leave nothing in memory."""

import gc

import keras
import numpy as np

from kit.search import memory


def test_a_training_leaves_nothing_in_memory() -> None:
    def kept() -> tuple[int, int]:
        graphs = sum(type(one).__name__ == "FuncGraph" for one in gc.get_objects())
        return graphs, len(memory._gradients())

    def trained() -> tuple[int, int]:
        with memory.nothing_left():
            model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
            model.compile("adamw", "mse")
            model.train_on_batch(np.ones((2, 1)), np.ones((2, 1)))
            return kept()

    trained()
    before, meanwhile = kept(), trained()

    assert kept() == before
    assert all(more > fewer for more, fewer in zip(meanwhile, before, strict=True))


def test_the_precision_stays_as_it_is_set() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        with memory.nothing_left():
            assert keras.config.dtype_policy().name == "mixed_bfloat16"
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
