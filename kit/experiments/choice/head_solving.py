"""Whether the head of a frozen backbone is solved or trained in epochs."""

from kit.errors import SettingError
from kit.experiments.choice.network_choice import Choice
from kit.settings import Training

# What only a training in epochs has; a value that stands for none of it asks for nothing.
OF_EPOCHS = (
    *("optimizer", "learning_rate", "schedule", "decay", "every", "momentum", "nesterov"),
    *("weight_decay", "loss", "label_smoothing", "epochs", "patience", "last_epoch", "repeats"),
    *("sampling", "mix", "fine_tune", "tensorboard"),
)
OF_LAYERS = ("dense", "l1", "l2")  # that logistic regression has not, or chooses itself


def is_solved(settings: Training, choice: Choice) -> bool:
    """Tell whether a head is solved; it is trained where something asks for epochs.

    Raises:
        SettingError: It is to be solved, and cannot be.
    """
    asked = settings.transfer.solve_head
    if asked == "no" or (asked == "auto" and not choice.frozen):
        return False
    if not choice.frozen:
        raise SettingError(
            f"`solve_head` solves the head of a pretrained backbone, but {choice.label} is trained "
            "as a whole. Leave it out, or choose a `backbone`."
        )
    flat, usual = settings.flat(), Training().flat()
    against = [name for name in OF_EPOCHS if flat[name] not in (usual[name], None)]
    against += [name for name in OF_LAYERS if choice.settings.get(name)]
    if choice.settings.get("head") == "scores":
        against.append("settings")
    if asked == "auto":
        return not against and "dropout" not in choice.settings
    if against:
        raise SettingError(
            f"`{against[0]}` applies to a head that is trained in epochs, but `solve_head=yes` "
            "solves it. Leave one of the two out."
        )
    return True
