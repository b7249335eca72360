"""A program whose flags are fields of settings."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tyro
from tyro import constructors

from kit.settings import Group, Joined
from kit.settings.values import flag_of

__all__ = ["Command"]


class Command:
    """A function of settings, which is called with those that somebody gave, as keywords."""

    def __init__(self, kind: type[Joined], work: Callable[..., None]) -> None:
        """Keep the kind of settings, and what is done with them."""
        functools.update_wrapper(self, work)
        self.kind, self.work, self.__signature__ = kind, work, kind.signature()

    def __call__(self, folder: Path | str | None = None, **settings: Any) -> None:
        """Do the work with these settings, and the others as by default."""
        self.work(folder, **settings)

    def parsed(
        self, words: Sequence[str], known: Mapping[str, Any], name: str
    ) -> Callable[[], object]:
        """Return the work with the settings that words ask for, to be done.

        Args:
            words: Of the command line.
            known: Settings that hold where no word says otherwise.
            name: Of the program.
        """
        with _REGISTRY:
            settings = tyro.cli(
                self.kind, args=list(words), prog=name, default=self.kind().having(**known)
            )
        flags = {word.partition("=")[0].replace("--no-", "--") for word in words}
        given = [
            one.name
            for one in self.__signature__.parameters.values()
            if one.name in known or one.name == "folder" or flag_of(one) in flags
        ]
        return functools.partial(self, **{each: settings.flat()[each] for each in given})


_REGISTRY = constructors.ConstructorRegistry()


@_REGISTRY.struct_rule
def _group(info: constructors.StructTypeInfo) -> constructors.StructConstructorSpec | None:
    """Let tyro wrap the sentences of a group's fields, which it shows line by line."""
    if not (isinstance(info.type, type) and issubclass(info.type, Group)):
        return None
    fields = tuple(
        constructors.StructFieldSpec(
            name=one.name,
            type=one.type,  # type: ignore[arg-type]
            default=getattr(info.default, one.name),
            helptext=functools.partial(_sentence, info.type, one.name),
        )
        for one in dataclasses.fields(info.type)
    )
    return constructors.StructConstructorSpec(instantiate=info.type, fields=fields)


def _sentence(group: type[Group], name: str) -> str:
    from docstring_parser import parse_from_object

    said = (one.description for one in parse_from_object(group).params if one.arg_name == name)
    return " ".join((next(said, None) or "").split())
