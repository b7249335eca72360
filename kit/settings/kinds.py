"""What the programs that train nothing take: their groups of settings, joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro

from kit.settings.image_groups import Division, Images, Variation
from kit.settings.joined import Flat, Group, Joined
from kit.settings.network_groups import Network, Optimization, Transfer
from kit.settings.program_groups import (
    Answers,
    Asking,
    AuditPrint,
    Averaging,
    Catalog,
    Choice,
    Compared,
    FixList,
    Form,
    Inspection,
    Limits,
    Page,
    Panel,
    Reasons,
    Report,
    Results,
    Scoring,
    Sheet,
    Subject,
    Yardstick,
)
from kit.settings.training_groups import Comparison, Duration, Record


@dataclass(frozen=True)
class Checking(Joined):
    """Check data, network and settings before a training, and say what is wrong.

    Is the first loss the loss of guessing? Do penalties raise it as they should? Can the network
    memorize twenty images? Are its gradients right, its layers alive, its inputs scaled? Does the
    loss fall at this learning rate? Does a step wait for images? The flags are the relevant ones of
    kit-train; --config models/RUN/run.yaml checks the settings of a run. With a pretrained
    backbone, only the head is checked. Exit code 4 means that a check failed.
    """

    also_read: ClassVar[tuple[type[Group], ...]] = (Duration, Transfer, Comparison, Record)
    unused: ClassVar[frozenset[str]] = frozenset({"schedule", "decay", "every", "class_weight"})
    often: ClassVar[Sequence[str]] = (
        *("architecture", "backbone", "image_size", "learning_rate", "optimizer", "l2", "dropout"),
        *("settings", "seed", "output"),
    )
    examples: ClassVar[Sequence[str]] = (
        "photos",
        "photos --config models/photos-basic_cnn/run.yaml",
    )

    folder: Annotated[Path | None, tyro.conf.Positional] = None
    """The images, or a table of paths and labels; by default scikit-learn's handwritten digits."""
    network: Flat[Network] = Network()
    images: Flat[Images] = Images()
    optimization: Flat[Optimization] = Optimization()
    variation: Flat[Variation] = Variation()
    division: Flat[Division] = Division()
    form: Flat[Form] = Form()
    panel: Flat[Panel] = Panel()
    results: Flat[Results] = Results()

    @classmethod
    def flat_of(cls, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a tree holds; a run in both styles has equal layers and weights in them."""
        flat = super().flat_of(tree)
        return {name: one for name, one in flat.items() if (name, one) != ("style", "both")}


@dataclass(frozen=True)
class Baselining(Joined):
    """Score classifiers without a network, as a baseline for one.

    The classifiers are k nearest neighbours and linear classifiers, on the pixels of small images
    (32 pixels by default) or on the features of a pretrained network. Cross-validation on the
    training images chooses their settings; validation and test images choose nothing. The folder is
    as for kit-train. `split=models/RUN/split.csv` uses the parts of a run.
    """

    often: ClassVar[Sequence[str]] = (
        *("methods", "backbone", "weights", "image_size", "color", "validation_split"),
        *("test_split", "split", "seed", "output"),
    )
    examples: ClassVar[Sequence[str]] = (
        "photos",
        "photos --backbone MobileNet --split models/photos-basic_cnn/split.csv",
    )
    instead: ClassVar[Mapping[str, str]] = {
        "image_size": "One number for a square, or height and width, in pixels; by default 32, or "
        "what the backbone was trained on."
    }

    folder: Annotated[Path | None, tyro.conf.Positional] = None
    """The images, or a table of paths and labels; by default scikit-learn's handwritten digits."""
    yardstick: Flat[Yardstick] = Yardstick()
    images: Flat[Images] = Images()
    division: Flat[Division] = Division()
    results: Flat[Results] = Results()


@dataclass(frozen=True)
class Auditing(Joined):
    """Find problems in a data set before a network learns them.

    The audit reports counts, sizes and brightness; copies, also under two labels or in two parts;
    dark, bright, blurry, empty and broken images; whether file size, dimensions, brightness, format
    or camera alone predict the label; and how parts differ. Findings are hints: look before you
    act. The data are only read. Exit code 3 means that no network can be trained on them.
    """

    printing: ClassVar[frozenset[str]] = frozenset({"json"})
    examples: ClassVar[Sequence[str]] = ("photos", "photos --output report --fix-list fix.csv")

    folder: Annotated[Path | None, tyro.conf.Positional] = None
    """The images, or a table of paths and labels; by default scikit-learn's handwritten digits."""
    inspection: Flat[Inspection] = Inspection()
    leaving_out: Flat[FixList] = FixList()
    results: Flat[Results] = Results()
    shown: Flat[AuditPrint] = AuditPrint()


@dataclass(frozen=True)
class Evaluating(Joined):
    """Score a run on another folder of images.

    The folder has one sub-folder per class, named as in the training, or is a table of paths and
    labels. All its images are scored, or only the named parts. Several runs are scored as one:
    their probabilities are averaged, and the gain over the best of them is reported.
    """

    examples: ClassVar[Sequence[str]] = (
        "models/photos-basic_cnn other_photos",
        "models/photos-basic_cnn models/photos-MobileNet other_photos --mirrored",
    )

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, for example models/pets-basic_cnn, or its model.keras."""
    folder: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """The images; more runs may come before them."""
    scoring: Flat[Scoring] = Scoring()
    averaging: Flat[Averaging] = Averaging()
    results: Flat[Results] = Results()


@dataclass(frozen=True)
class Comparing(Joined):
    """Compare two runs on the same images: which is better, is that luck, and what does it cost?

    The images are the test part if both runs share one, otherwise those that both runs held out, or
    those of another folder. An image that either run was trained on is left out. The output folder
    gets the numbers, and the images that exactly one run gets right.
    """

    examples: ClassVar[Sequence[str]] = (
        "models/photos-basic_cnn models/photos-MobileNet",
        "models/photos-basic_cnn models/photos-MobileNet --on other_photos --output compared",
    )

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, for example models/pets-basic_cnn, or its model.keras."""
    other: Annotated[Path, tyro.conf.Positional]
    """Another run."""
    where: Flat[Compared] = Compared()
    scoring: Flat[Scoring] = Scoring()
    results: Flat[Results] = Results()


@dataclass(frozen=True)
class Predicting(Joined):
    """Predict the classes of images with a run.

    Files that are not readable images are reported, and the others classified. If several runs are
    given, their probabilities are averaged.
    """

    printing: ClassVar[frozenset[str]] = frozenset({"csv", "json"})
    examples: ClassVar[Sequence[str]] = (
        "models/photos-basic_cnn new_photos --top 3",
        "models/photos-basic_cnn new_photos --explain why",
        'models/photos-basic_cnn "photos/*.jpg" --csv answers.csv',
        "models/photos-basic_cnn models/photos-MobileNet new_photos",
    )

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, for example models/pets-basic_cnn, or its model.keras."""
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Images, folders of images, or patterns such as "photos/*.jpg"; before them perhaps more
    runs."""
    asking: Flat[Asking] = Asking()
    averaging: Flat[Averaging] = Averaging()
    answers: Flat[Answers] = Answers()
    reasons: Flat[Reasons] = Reasons()


@dataclass(frozen=True)
class Resembling(Joined):
    """Find the images most similar to another one, as a run sees them.

    Similar images have the nearest features, whatever their classes. Training images are listed
    with their classes, images of another folder with the run's predictions.
    """

    printing: ClassVar[frozenset[str]] = frozenset({"drawing"})
    examples: ClassVar[Sequence[str]] = (
        "models/photos-basic_cnn new.jpg",
        "models/photos-basic_cnn new.jpg --in all_my_photos --count 20",
    )

    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, for example models/pets-basic_cnn, or its model.keras."""
    image: Annotated[Path, tyro.conf.Positional]
    """The image."""
    choice: Flat[Choice] = Choice()
    sheet: Flat[Sheet] = Sheet()


@dataclass(frozen=True)
class Describing(Joined):
    """Show the layers and costs of a network before it is built.

    It prints one line for each layer: output shape, parameters, multiply-adds and memory for one
    image, receptive field and stride in image pixels. Formulas give the numbers; no weights are
    created. Without a name, it lists all architectures.
    """

    printing: ClassVar[frozenset[str]] = frozenset({"batch_size", "drawing", "csv"})
    examples: ClassVar[Sequence[str]] = (
        "basic_cnn --image-size 128",
        "vgg --set configuration=D --drawing vgg.png",
    )

    name: Annotated[str | None, tyro.conf.Positional] = None
    """An architecture, for example vgg."""
    subject: Flat[Subject] = Subject()
    form: Flat[Form] = Form()
    report: Flat[Report] = Report()


@dataclass(frozen=True)
class Reporting(Joined):
    """Draw the report of a run, a search or an audit: one page, report.html, in its folder.

    The page needs no internet and no other file, so you can send it to others. kit-train, kit-tune
    and kit-audit draw it at the end; this program draws it again.
    """

    examples: ClassVar[Sequence[str]] = ("models/photos-basic_cnn",)

    folder: Annotated[Path, tyro.conf.Positional]
    """The folder of a run, a search or an audit."""
    page: Flat[Page] = Page()


@dataclass(frozen=True)
class Downloading(Joined):
    """Download images into a new folder: a named data set, an archive or a Google Drive folder."""

    printing: ClassVar[frozenset[str]] = frozenset({"list_names"})
    examples: ClassVar[Sequence[str]] = ("--list", "flower_photos flowers")

    source: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")] = None
    """A name from `list_names`, the https address of a zip or tar archive, or a Google Drive
    address (file or folder) or file id."""
    into: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")] = None
    """The new folder; it must not exist."""
    limits: Flat[Limits] = Limits()
    catalog: Flat[Catalog] = Catalog()
