"""Name the classes of images with a run."""

import dataclasses

from kit import prediction, progress
from kit.errors import SettingError
from kit.experiments import places
from kit.experiments.answers import answer_pictures, averaging, layer_pictures
from kit.keras_start import start_keras
from kit.settings import Predicting
from kit.settings.keywords import by_keywords


@by_keywords(Predicting)
def predict(settings: Predicting) -> prediction.Predictions:
    """Name the classes of images with a run, as kit-predict does.

    ``run`` is a folder, its ``model.keras``, or what ``kit.train`` or ``kit.load`` returned;
    ``paths`` are images, folders or patterns, one or several. Where ``paths`` begins with more
    runs, as in ``[other_run, "photos"]``, the probabilities of all are averaged. Files that cannot
    be read are named on stderr and in the result. ``explain`` is a new folder for a picture of each
    image with the places that support the answer; with ``layers`` it also gets the filters of the
    first layer, and the feature maps of each image.

    Raises:
        SettingError: There is no such run, or a path matches nothing, or `explain` cannot be used.
    """
    together, paths = places.trained_runs(settings.run, settings.paths)
    mirrored = settings.averaging.mirrored
    averaging.check(together, mirrored)  # told before TensorFlow starts
    images, explain = prediction.find(paths), settings.reasons.explain
    if explain is not None and len(together) > 1:
        raise SettingError("`explain` explains the answers of one run; give only one.")
    if explain is not None:
        folders = [path for path in paths if path.is_dir()]
        places.check_new(explain, *folders, setting="explain")
    start_keras()
    classifiers = [
        dataclasses.replace(prediction.load(one.folder), mirrored=mirrored) for one in together
    ]
    classifier = classifiers[0]
    averaging.check_probabilities(
        {
            str(one.folder): each.gives_probabilities
            for one, each in zip(together, classifiers, strict=True)
        }
    )
    if not classifier.gives_probabilities:
        progress.say(
            "The model returns scores, not probabilities; the largest score is the answer."
        )
    answers = prediction.classify(classifiers, images, **vars(settings.asking))
    for file, reason in answers.unreadable:
        progress.say(f"Not read: {file}: {reason}")
    if answers.unreadable or answers.ignored:
        read = answers.table["file"].nunique()
        text = f"{read} images classified, {len(answers.unreadable)} files not read"
        hidden = f", {len(answers.ignored)} hidden files ignored" if answers.ignored else ""
        progress.say(f"{text}{hidden}.")
    if explain is not None and len(answers.table):
        answer_pictures.save(classifier, answers, explain)
        if settings.reasons.layers:
            layer_pictures.save(classifier, answers.table["file"].unique(), explain)
        progress.say(f"The pictures are in {explain}.")
    return answers
