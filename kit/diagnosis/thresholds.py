"""Every threshold of the diagnosis, with where it comes from.

They were set on the digits of the gallery (docs/checks/diagnosis.md), mended on a first cut of
CIFAR-10, and then frozen; they are judged on a second cut of other classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kit.intervals import IMBALANCED

COURSE = "CS231n, Neural Networks part 3, Babysitting the learning process"
GALLERY = "gallery, digits"
SECOND = "gallery, first cut of CIFAR-10"


@dataclass(frozen=True)
class Limit:
    """A number that separates sick from healthy.

    Attributes:
        value: The threshold.
        means: What is compared with it.
        source: Why this one.
    """

    value: float
    means: str
    source: str


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "update_high": Limit(
            3e-2,
            "update / weights of the middle layer at its highest",
            f"{COURSE}: about 1e-3; its own example has 1e-2; healthy runs of the gallery stay "
            "below 2e-2",
        ),
        "update_low": Limit(
            1e-4,
            "update / weights of the middle layer at its highest",
            f"{COURSE}: a tenth of 1e-3",
        ),
        "still": Limit(
            1e-9,
            "update / weights of a layer at its highest, below which it does not move",
            "float32 rounds at 6e-8 of a weight: a moving layer is far above",
        ),
        "explode": Limit(
            3.0,
            "loss over its first value",
            "CS231n, Hyperparameter search: stop above 3 times the first loss",
        ),
        "scale_high": Limit(
            5.0,
            "first weights of a hidden layer, over He's",
            "He et al., ICCV 2015: 1; Glorot & Bengio, AISTATS 2010: 0.7; 5 times over five layers "
            "is 3,000 times",
        ),
        "scale_low": Limit(
            0.1,
            "first weights of a hidden layer, over He's",
            "the course's 0.01 randn over 500 units is 0.16 of He's and vanishes within ten layers",
        ),
        "input_high": Limit(
            20.0,
            "largest value that the first kernel sees",
            "scaled pixels lie within 1, standardized ones within 5",
        ),
        "input_low": Limit(
            0.05,
            "range of what the first kernel sees",
            "scaled pixels have a range of 1 or 2; scaled twice 0.004",
        ),
        "dead": Limit(
            0.95,
            "share of units of a layer that are 0 for all of 64 images",
            f"{GALLERY}: healthy runs have up to 0.6; what is left carries nothing above 0.95",
        ),
        "frozen": Limit(
            0.5,
            "share of the kernels' weights that are frozen, in a network without pretraining",
            "more than half of random weights stay random",
        ),
        "purity": Limit(
            0.9,
            "mean share of the commonest class in a batch",
            "32 shuffled images: 0.2 of ten classes, 0.57 of two; sorted: 1",
        ),
        "overlap": Limit(
            0.01,
            "share of validation images that are in training too",
            "above it more than one image of a hundred is no test",
        ),
        "imbalance": Limit(
            IMBALANCED,
            "largest class over smallest, in training images",
            "as where a training chooses what to watch",
        ),
        "collapse": Limit(
            0.9,
            "share of the validation images that get one and the same answer",
            f"{GALLERY}: healthy runs stay below 0.4 after half of the epochs",
        ),
        "penalty": Limit(
            1.0,
            "penalty over the data's loss before training",
            "where it is larger, most of the gradient's aim is small weights",
        ),
        "brief": Limit(
            100,
            "steps of a training, below which guessing to the end says only that it was short",
            f"a default training has 1,500; {GALLERY}: trainings that guess had 320",
        ),
        "poor": Limit(
            0.75,
            "accuracy on training images",
            "a network that fits has learned what it is shown; this one has not",
        ),
        "gap": Limit(
            0.07,
            "accuracy on training images (inference, not augmented) less validation's",
            "two standard errors of the difference of 300 and 500 images at 0.85 are 0.05",
        ),
        "sure": Limit(
            0.8,
            "accuracy on the quarter of the images that the model is surest of, at its best",
            f"{GALLERY}: healthy ones reach 0.97; with 40 % wrong labels 0.66 is the most",
        ),
        "sure_alone": Limit(
            0.7,
            "the same, where nothing is known of neighbours",
            f"{SECOND}: healthy ones reach 0.74 at least",
        ),
        "votes": Limit(
            1.35,
            "accuracy above chance of 15 most similar images that vote, over that of one",
            f"{GALLERY} and first cut of CIFAR-10: up to 1.25; with 40 % wrong labels 1.44 to 1.87",
        ),
        "interval": Limit(
            0.1,
            "half of the 95 % interval of the validation accuracy",
            "Wilson, JASA 1927; wider than what most changes of settings bring",
        ),
        "batch": Limit(
            4,
            "images in a batch",
            "the course: 32 to 256; the noise of a step falls with the root of the batch",
        ),
        "held_down": Limit(
            0.2,
            "accuracy on plain training images less that on the images as trained",
            f"{GALLERY}: dropout of 0.1 and light augmentation cost up to 0.15",
        ),
        "visible": Limit(
            0.1,
            "training images whose most similar one has their class, above chance",
            "below it thumbnails say too little about the classes to judge a change",
        ),
        "kept": Limit(
            0.35,
            "the same for augmented images among plain ones, over it",
            f"{GALLERY}: light augmentation keeps 0.45 of it, an absurd one 0.02; first cut of "
            "CIFAR-10: 0.9 and 0.3 to 0.5",
        ),
        "kept_some": Limit(
            0.6,
            "the same, where training does worse than the most similar plain image",
            f"{SECOND}: an absurd augmentation keeps up to 0.5 of it",
        ),
        "below": Limit(
            0.45,
            "accuracy while training above chance, over that of the most similar plain image",
            f"{SECOND}: 0.4 under an absurd augmentation; healthy runs above 0.5",
        ),
        "tiny": Limit(
            30,
            "weights for each class",
            "a linear classifier of 5 x 5 pixels has 26; healthy networks of the gallery 500",
        ),
        "dropout": Limit(
            0.8,
            "share that dropout sets to 0",
            "Srivastava et al., JMLR 2014, figure 9: error rises from 0.6 to 0.8 on",
        ),
        "pace": Limit(
            0.9,
            "fall of the loss in the last third, over its mean",
            f"1 is a straight line, 0 a curve at rest; {GALLERY}: 1.5 after 2 epochs, up to 0.6 in "
            "healthy runs of 10",
        ),
        "rest": Limit(
            0.25,
            "the same, below which the loss hardly falls any more",
            f"{GALLERY}: one-cycle ends at 0.2 in healthy runs, a constant rate at 0.5",
        ),
        "jump": Limit(
            0.5,
            "largest rise of the training loss from epoch to epoch, over its whole fall",
            f"{GALLERY}: healthy runs below 0.2",
        ),
        "rise": Limit(
            0.05,
            "the same rise over the loss of who knows nothing",
            "below it a loss that hardly moves would seem to jump",
        ),
        "wobble": Limit(
            0.1,
            "mean step up or down of the validation accuracy against its trend, late",
            f"{GALLERY}: healthy runs below 0.05",
        ),
    }
)


def limit(name: str) -> float:
    """Return a threshold."""
    return LIMITS[name].value
