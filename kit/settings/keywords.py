"""Functions of settings, called with the settings as keywords."""

import functools
from collections.abc import Callable
from inspect import Signature
from typing import Any, TypeVar

from kit.errors import SettingError, nearest
from kit.settings.joined import Joined

__all__ = ["by_keywords"]

Settings = TypeVar("Settings", bound=Joined)
Result = TypeVar("Result")


def by_keywords(
    kind: type[Settings],
) -> Callable[[Callable[[Settings], Result]], Callable[..., Result]]:
    """Let a function of settings be called with their names, as in ``check("photos", l2=0.1)``.

    What a call does not name is as the kind has it. What has a folder, such as a run, stands for
    its path. The function raises SettingError where there is no such setting, or where a value is
    refused by :meth:`Joined.having` or :meth:`Joined.verify`, and TypeError where one is missing.
    """
    every = kind.signature().parameters.values()
    signature = Signature([one for one in every if one.name not in kind.printing])
    known = signature.parameters
    needed = [one.name for one in known.values() if one.default is one.empty]

    def decorated(work: Callable[[Settings], Result]) -> Callable[..., Result]:
        @functools.wraps(work)
        def called(*places: Any, **values: Any) -> Result:
            for name in values:
                if name not in known:
                    raise SettingError(f'There is no setting "{name}".{nearest(name, known)}')
            given = signature.bind_partial(*places, **values).arguments
            given = {name: getattr(value, "folder", value) for name, value in given.items()}
            for name in needed:
                if name not in given:
                    raise TypeError(f"{work.__name__}() needs {name}.")
            settings = kind(**{name: given[name] for name in needed}).having(**given)
            settings.verify()
            return work(settings)

        vars(called)["__signature__"] = signature
        return called

    return decorated
