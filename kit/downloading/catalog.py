"""Public data sets by name.

Sizes and SHA-256 are those that TensorFlow Datasets publishes (``url_checksums``, also for the same
files at other addresses); where none is known, none is given.
"""

import string
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
        kind: An archive of class folders, or a binary format that is turned into PNG files, see
            :mod:`kit.downloading.binary_records`.
        images: How many there are, in all parts.
        class_names: In the order of the labels.
        license: A note, not advice: look at the source before you publish.
        home: Where it is described.
    """

    files: tuple[RemoteFile, ...]
    kind: Literal["archive", "idx", "cifar", "emnist", "stl"]
    images: int
    class_names: tuple[str, ...]
    license: str
    home: str

    @property
    def size(self) -> int | None:
        """Bytes to fetch, where known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)


def _idx(folder: str, *known: tuple[str, int]) -> tuple[RemoteFile, ...]:
    """Return the four files of MNIST and its like, of known hashes and sizes."""
    kinds = ("images-idx3", "labels-idx1")
    names = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in kinds]
    return tuple(RemoteFile(folder + name, *one) for name, one in zip(names, known, strict=True))


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
    "stl10": DataSet(
        (
            RemoteFile(
                "https://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
                "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
                2_640_397_119,
            ),
        ),
        "stl",
        13_000,
        ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),
        "not stated; cite Coates, Lee, Ng 2011",
        "https://cs.stanford.edu/~acoates/stl10/",
    ),
    "mnist": DataSet(
        _idx(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422),
            ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881),
            ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877),
            ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542),
        ),
        "idx",
        70_000,
        tuple(string.digits),
        "CC BY-SA 3.0, as Keras states",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    "fashion_mnist": DataSet(
        _idx(
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
            ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
            ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
            ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
        ),
        "idx",
        70_000,
        (
            *("T-shirt or top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        "MIT",
        "https://github.com/zalandoresearch/fashion-mnist",
    ),
    "emnist_letters": DataSet(
        (
            RemoteFile(
                "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
                "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
                561_753_746,
            ),
        ),
        "emnist",
        145_600,
        tuple(string.ascii_uppercase),
        "not stated; cite Cohen et al. 2017",
        "https://www.nist.gov/itl/products-and-services/emnist-dataset",
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
