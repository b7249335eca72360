"""Image classification on Keras 3, from a folder of photos to a trained and explained model.

What the programs do is a function here, with the same settings as keywords::

    import kit

    run = kit.train("photos", backbone="MobileNet", max_minutes=10)
    run.predict("new_photos")

=====================  =========================================================================
``train``              a classifier on a folder of images, kept as a run; ``load`` opens it again
``tune``               the settings of a training, searched from coarse to fine
``check``, ``audit``   is the network wired up rightly; what is wrong with a data set
``baseline``           nearest neighbours and linear classifiers, a yardstick
``evaluate``           a run, scored on other images
``compare``            two runs on the same images: which is better, is it luck, what it costs
``predict``            a run and some images -> their classes
``report``             a run, a search or an audit on one page, ``report.html``
``similar``            a run and an image -> the images that it sees as most like it
``describe``           what a network costs, before it is built; ``build`` builds it
``download``           a data set by name or address
=====================  =========================================================================

Below them lie the rooms; import the one that does the job::

    from kit import architectures, data, evaluation, training

=================  =============================================================================
``architectures``  networks by name, each as a Functional and a Sequential model
``data``           a folder of images -> training, validation and test part
``auditing``       what is wrong with a data set, before any training
``checks``         is a network wired up rightly, does it learn
``monitoring``     what is measured during a training; the guard of its loss
``diagnosis``      what went wrong in a training, and what to do next
``training``       compile and fit; heads on frozen backbones, fine-tuning, pre-training
``evaluation``     scores with their intervals, confusion matrices
``comparison``     two on the same images: are they told apart
``baselines``      nearest neighbours and linear classifiers
``search``         random search in log space that narrows itself
``runs``           what a folder in ``models/`` holds; save, load
``prediction``     a run and some images -> classes and probabilities
``explanation``    heat maps, occlusion, nearest images
``description``    layers, costs and wiring of a network
``downloading``    archives from elsewhere, unpacked with care
``reporting``      what came of it, on one page
``plots``          numbers -> matplotlib figures
``experiments``    what the programs do, callable from Python
``commands``       the programs: flags in, one call, lines out
``settings``       the settings, in groups: flags, keywords, ``run.yaml``
``errors``         what goes wrong, by whose mistake
=================  =============================================================================
"""

import importlib
import os
import platform
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.architectures import build as build
    from kit.experiments.answers.answering import predict as predict
    from kit.experiments.answers.comparing import compare as compare
    from kit.experiments.answers.evaluating import evaluate as evaluate
    from kit.experiments.answers.similar_images import similar as similar
    from kit.experiments.data_audit import audit as audit
    from kit.experiments.image_download import download as download
    from kit.experiments.network_check import check as check
    from kit.experiments.network_description import describe as describe
    from kit.experiments.run import load as load
    from kit.experiments.training import train as train
    from kit.experiments.tuning import tune as tune
    from kit.experiments.yardsticks import baseline as baseline
    from kit.reporting import report as report

if platform.machine() in ("x86_64", "AMD64"):
    # Where a processor has AVX2 but not AVX-512, TensorFlow leaves oneDNN's convolutions off, which
    # train 1.6 to 2.3 times as fast (docs/benchmarks.md). It reads this once, when it is imported.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

FUNCTIONS = {  # and where they are, for importing them takes seconds
    "audit": "kit.experiments.data_audit",
    "baseline": "kit.experiments.yardsticks",
    "build": "kit.architectures",
    "check": "kit.experiments.network_check",
    "compare": "kit.experiments.answers.comparing",
    "describe": "kit.experiments.network_description",
    "download": "kit.experiments.image_download",
    "evaluate": "kit.experiments.answers.evaluating",
    "load": "kit.experiments.run",
    "predict": "kit.experiments.answers.answering",
    "report": "kit.reporting",
    "similar": "kit.experiments.answers.similar_images",
    "train": "kit.experiments.training",
    "tune": "kit.experiments.tuning",
}


def __getattr__(name: str) -> Any:
    """Return one of the functions, imported when it is asked for."""
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(FUNCTIONS[name]), name)


def __dir__() -> list[str]:
    """Return the names that are there, and those of the functions."""
    return sorted({*globals(), *FUNCTIONS})
