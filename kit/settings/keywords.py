"""Functions of settings, called with the settings as keywords."""

import functools
import inspect
from collections.abc import Callable
from inspect import Signature
from typing import Any, TypeVar

from kit.errors import SettingError, nearest
from kit.settings.joined import Joined
from kit.settings.sentences import documentation
from kit.settings.values import unmarked

Settings = TypeVar("Settings", bound=Joined)
Result = TypeVar("Result")
Function = TypeVar("Function", bound=Callable[..., Any])


def by_keywords(
    kind: type[Settings],
) -> Callable[[Callable[[Settings], Result]], Callable[..., Result]]:
    """Let a function of settings be called with their names, as in ``check("photos", l2=0.1)``.

    What a call does not name is as the kind has it. What has a folder, such as a run, stands for
    its path. The function raises SettingError where there is no such setting, or where a value is
    refused by :meth:`Joined.having` or :meth:`Joined.verify`, and TypeError where one is missing.
    """
    signature = _signature(kind)
    known = signature.parameters
    needed = [one.name for one in known.values() if one.default is one.empty]

    def decorated(work: Callable[[Settings], Result]) -> Callable[..., Result]:
        @functools.wraps(work)
        def called(*places: Any, **values: Any) -> Result:
            for name in values:
                if name not in known:
                    raise SettingError(f'There is no setting "{name}".{nearest(name, known)}')
            given = signature.bind_partial(*places, **values).arguments
            given = {name: _folder(value) for name, value in given.items()}
            for name in needed:
                if name not in given:
                    raise TypeError(f"{work.__name__}() needs {name}.")
            settings = kind(**{name: given[name] for name in needed}).having(**given)
            settings.verify()
            return work(settings)

        return documented(kind)(called)

    return decorated


def documented(kind: type[Joined]) -> Callable[[Function], Function]:
    """Let a function show each setting that it takes as a keyword: type, default and sentence."""

    def decorated(function: Function) -> Function:
        returned = inspect.signature(function).return_annotation
        signature = _signature(kind).replace(return_annotation=returned)
        vars(function)["__signature__"] = signature
        function.__doc__ = documentation(kind, function.__doc__ or "", signature.parameters)
        return function

    return decorated


def _folder(value: Any) -> Any:
    """Return the path that a run stands for, also among others."""
    if isinstance(value, list | tuple):
        return [_folder(one) for one in value]
    return getattr(value, "folder", value)


def _signature(kind: type[Joined]) -> Signature:
    """Return the settings as the parameters of a function, without what is said for flags."""
    every = kind.signature().parameters.values()
    plain = [one.replace(annotation=unmarked(one.annotation)) for one in every]
    return Signature([one for one in plain if one.name not in kind.printing])
