"""Public data sets by name.

Sizes and SHA-256 are those that TensorFlow Datasets publishes (``url_checksums``, also for the same
files at other addresses); where none is known, none is given.
"""

from dataclasses import dataclass
from typing import Literal

from kit.files import amount
from kit.progress import aligned

__all__ = ["CATALOG", "DataSet", "RemoteFile", "listed"]


@dataclass(frozen=True)
class RemoteFile:
    """A file and what is known of it: ``size`` in bytes, ``sha256`` as 64 hexadecimal digits."""

    address: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class DataSet:
    """What a name stands for.

    Attributes:
        files: What to fetch. For ``"idx"``: training images and labels, test images and labels.
        kind: An archive of class folders, or a binary format that is turned into PNG files.
        images: How many there are, in all parts.
        class_names: In the order of the labels.
        license: A note, not advice: look at the source before you publish.
        home: Where it is described.
    """

    files: tuple[RemoteFile, ...]
    kind: Literal["archive", "idx", "cifar"]
    images: int
    class_names: tuple[str, ...]
    license: str
    home: str

    @property
    def size(self) -> int | None:
        """Bytes to fetch, where known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)


MNIST = "https://storage.googleapis.com/cvdf-datasets/mnist/"
FASHION = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
FASHION_CLASSES = (
    "T-shirt or top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip

CATALOG = {
    "cats_and_dogs_course": DataSet(
        (RemoteFile("https://drive.google.com/uc?id=1SCpVEdJ6_YOAcy2iW05ENIMh-OCcFz3P"),),
        "archive",
        3000,
        ("cats", "dogs"),
        "not stated",
        "the course's homework, on Google Drive",
    ),
    "flower_photos": DataSet(
        (
            RemoteFile(
                "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
                "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
                228_813_984,
            ),
        ),
        "archive",
        3670,
        ("daisy", "dandelion", "roses", "sunflowers", "tulips"),
        "CC BY 2.0, photographers in LICENSE.txt",
        "https://www.tensorflow.org/tutorials/images/classification",
    ),
    "cifar10": DataSet(
        (
            RemoteFile(
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                170_052_171,
            ),
        ),
        "cifar",
        60_000,
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        "not stated; cite Krizhevsky 2009",
        "https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
    "mnist": DataSet(
        (
            RemoteFile(
                f"{MNIST}train-images-idx3-ubyte.gz",
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            RemoteFile(
                f"{MNIST}train-labels-idx1-ubyte.gz",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                28_881,
            ),
            RemoteFile(
                f"{MNIST}t10k-images-idx3-ubyte.gz",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            RemoteFile(
                f"{MNIST}t10k-labels-idx1-ubyte.gz",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                4_542,
            ),
        ),
        "idx",
        70_000,
        tuple("0123456789"),
        "CC BY-SA 3.0, as Keras states",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    "fashion_mnist": DataSet(
        (
            RemoteFile(
                f"{FASHION}train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                26_421_880,
            ),
            RemoteFile(
                f"{FASHION}train-labels-idx1-ubyte.gz",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                29_515,
            ),
            RemoteFile(
                f"{FASHION}t10k-images-idx3-ubyte.gz",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                4_422_102,
            ),
            RemoteFile(
                f"{FASHION}t10k-labels-idx1-ubyte.gz",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                5_148,
            ),
        ),
        "idx",
        70_000,
        FASHION_CLASSES,
        "MIT",
        "https://github.com/zalandoresearch/fashion-mnist",
    ),
}


def listed() -> str:
    """Return the named data sets as a table: images, classes, size of the download, licence."""
    rows = [
        (
            name,
            f"{entry.images:,}",
            str(len(entry.class_names)),
            "?" if entry.size is None else amount(entry.size),
            entry.license,
        )
        for name, entry in CATALOG.items()
    ]
    return aligned([("name", "images", "classes", "download", "licence"), *rows], "<>>><")
