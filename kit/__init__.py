"""Image classification on Keras 3, from a folder of photos to a trained and explained model.

Import the module that does the job; nothing is re-exported here::

    from kit import architectures, data, evaluation, training

================  ==============================================================
``architectures``  networks by name, each as a Functional and a Sequential model
``data``           a folder of images -> training, validation and test parts
``audit``          what is wrong with a data set, before any training
``checks``         is a network wired up rightly, does it learn; what went wrong in a training
``training``       compile and fit; heads on frozen backbones, fine-tuning, pre-training
``evaluation``     scores with their intervals, confusion matrices, predictions
``baselines``      nearest neighbours and linear classifiers, a yardstick
``search``         random search in log space that narrows itself
``runs``           what a folder in ``models/`` holds; save, load
``prediction``     a run and some images -> classes and probabilities
``plots``          numbers -> matplotlib figures
``commands``       the programs: train, tune, check, audit, evaluate, predict, describe, ...
``files``          atomic writes and the cache folder
``progress``       progress on a terminal, plain lines elsewhere
``settings``       the settings of a training, in groups: flags, keywords, ``run.yaml``
``choices``        names that are arguments and flags
``errors``         what goes wrong, by whose mistake
================  ==============================================================
"""
