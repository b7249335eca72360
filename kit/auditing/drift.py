"""How validation and test, where the data give them, differ from the training part."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FEWEST = 20  # images in a part, below which nothing is asked
SURE = 0.001  # p-value: about twenty questions are asked, and one in fifty audits may be wrong
MATTERS = 0.15  # largest distance of two cumulative distributions; 0 is equal, 1 is no overlap
MATTERS_SHARES = 0.1  # Cramér's V: Cohen's limit of a small effect
NUMBERS = {
    "brightness": "brightness",
    "contrast": "contrast",
    "sharpness": "sharpness",
    "file size": "bytes",
    "width": "width",
    "height": "height",
}
SHARES = {"classes": "label", "formats": "format", "cameras": "camera"}
ADVICE = (
    "The images of this part differ from the training images, so its score does too. If that is "
    "not on purpose, put all images into one folder for each class, and let the kit divide them."
)


@dataclass(frozen=True)
class Drift:
    """One way in which a part differs from the training part.

    Attributes:
        part: ``"validation"`` or ``"test"``.
        name: What differs.
        test: ``"Kolmogorov-Smirnov"`` (two samples) or ``"chi-square"``.
        effect: The distance of the distributions, or Cramér's V.
        p_value: How often chance alone does this.
        detail: Medians, or the share that differs most.
    """

    part: str
    name: str
    test: str
    effect: float
    p_value: float
    detail: str

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE


def drifts(images: pd.DataFrame, class_names: tuple[str, ...]) -> list[Drift]:
    """Compare given parts; only what is certain and large enough to matter is returned."""
    train = images[images["part"] == "train"]
    found = []
    for part in ("validation", "test"):
        other = images[images["part"] == part]
        if min(len(train), len(other)) >= FEWEST:
            found += [_numbers(name, train[it], other[it], part) for name, it in NUMBERS.items()]
            words = {"label": dict(enumerate(class_names))}
            for name, column in SHARES.items():
                named = words.get(column)
                one, two = (
                    side[column] if named is None else side[column].map(named)
                    for side in (train, other)
                )
                found.append(_shares(name, one, two, part))
    return [drift for drift in found if drift is not None]


def _numbers(
    name: str, train: "pd.Series[float]", other: "pd.Series[float]", part: str
) -> Drift | None:
    from scipy.stats import ks_2samp

    result = ks_2samp(train, other)
    if result.pvalue >= SURE or result.statistic < MATTERS:
        return None
    detail = f"median {train.median():.4g} in train, {other.median():.4g} in {part}"
    return Drift(
        part, name, "Kolmogorov-Smirnov", float(result.statistic), float(result.pvalue), detail
    )


def _shares(name: str, train: "pd.Series[str]", other: "pd.Series[str]", part: str) -> Drift | None:
    from scipy.stats import chi2_contingency

    counts = pd.DataFrame({"train": train.value_counts(), part: other.value_counts()}).fillna(0)
    if len(counts) < 2:
        return None
    result = chi2_contingency(counts.to_numpy(float))
    effect = float((result.statistic / counts.to_numpy().sum()) ** 0.5)  # two columns: V is phi
    if result.pvalue >= SURE or effect < MATTERS_SHARES:
        return None
    shares = counts / counts.sum()
    most = int(np.argmax((shares["train"] - shares[part]).abs().to_numpy()))
    detail = (
        f"{counts.index[most] or 'unknown'}: {shares['train'].iloc[most]:.0%} of train, "
        f"{shares[part].iloc[most]:.0%} of {part}"
    )
    return Drift(part, name, "chi-square", effect, float(result.pvalue), detail)
