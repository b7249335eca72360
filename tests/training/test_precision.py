"""What a network computes in while it trains, and in its file."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kit import architectures, runs, training
from kit.training import precision

X86 = "processor\t: 0\nflags\t\t: fpu sse2 avx512f {}\nbugs\t\t: avx512_bf16\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (X86.format("avx512_bf16"), "bfloat16"),
        (X86.format("amx_tile amx_bf16"), "bfloat16"),
        ("Features\t: fp asimd bf16\n", "bfloat16"),
        (X86.format("avx512_fp16"), "float32"),
        (None, "float32"),
    ],
)
def test_auto_goes_by_the_flags_of_the_processor(
    text: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(precision, "PROCESSOR", tmp_path / "cpuinfo")
    monkeypatch.setattr(precision, "on_graphics_card", lambda: False)

    assert training.resolved_precision("auto") == expected
    assert training.resolved_precision("float32") == "float32"
    assert training.resolved_precision("bfloat16") == "bfloat16"


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_what_was_trained_in_bfloat16_is_saved_in_float32(
    style: architectures.Style, tmp_path: Path
) -> None:
    with training.computing_in("bfloat16"):
        model = architectures.build("residual", (16, 16, 3), 3, style)
    assert keras.config.dtype_policy().name == "float32"
    images = np.random.default_rng(0).uniform(0, 255, (4, 16, 16, 3)).astype("float32")
    rounded = model.predict(images, verbose=0)
    runs.save_model(model, tmp_path / "model.keras")
    assert "bfloat16" in {one.compute_dtype for one in model._flatten_layers()}, "it trains on"

    file = keras.saving.load_model(tmp_path / "model.keras")
    kinds = {part.compute_dtype for part in file._flatten_layers()} | {
        w.dtype for w in file.weights
    }
    assert kinds == {"float32"}
    exact = file.predict(images, verbose=0)
    assert not np.array_equal(rounded, exact)
    np.testing.assert_allclose(rounded, exact, atol=0.02)
    np.testing.assert_allclose(runs.in_full(model).predict(images, verbose=0), exact, atol=1e-6)
