"""A program whose flags are fields of settings."""

import dataclasses
import functools
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Annotated, Any

import tyro
from tyro import constructors

from kit.commands.terminal.results import quoted
from kit.setting_names import flag
from kit.settings import Group, Joined
from kit.settings.texts import flow
from kit.settings.values import is_mapping, marks, taken


class Command:
    """A function of settings, which is called with those that somebody gave, as keywords."""

    def __init__(self, kind: type[Joined], work: Callable[..., None]) -> None:
        """Keep the kind of settings, and what is done with them."""
        functools.update_wrapper(self, work)
        self.kind, self.work, self.__signature__ = kind, work, kind.signature()

    def __call__(self, *places: Any, **settings: Any) -> None:
        """Do the work with these settings, and the others as by default."""
        self.work(*places, **settings)

    def parsed(self, words: Sequence[str], known: Mapping[str, Any]) -> Callable[[], object]:
        """Return the work with the settings that words ask for, to be done.

        What nobody gave is not among them, so that a default can be told apart.
        """
        parameters = self.__signature__.parameters
        needed = [name for name, one in parameters.items() if one.default is one.empty]
        default = self.kind(**dict.fromkeys(needed, tyro.MISSING)).having(**known)
        registry = constructors.ConstructorRegistry()
        registry.struct_rule(functools.partial(_group, parameters))
        with registry:
            settings = tyro.cli(self.kind, args=list(words), default=default).flat()
        flags = {word.partition("=")[0].replace("--no-", "--") for word in words}
        given = {
            name: settings[name]
            for name, one in parameters.items()
            if one.kind is not one.KEYWORD_ONLY or flag(name) in flags
        }
        for name in given:
            if is_mapping(parameters[name].annotation):
                given[name] = taken(name, parameters[name].annotation, given[name])
        given = self.kind.flat_of(given)  # --set dense=[8] says what --dense 8 does
        for name in given:
            if is_mapping(parameters[name].annotation):
                given[name] = {**known.get(name, {}), **given[name]}
        return functools.partial(self, **{**known, **given})


def typed(settings: Mapping[str, Any]) -> str:
    """Return settings as they are typed behind the name of a program, the folder first."""
    known = dict(settings)
    words = [quoted(known.pop("folder"))] if "folder" in known else []
    for name, value in known.items():
        if isinstance(value, Mapping):
            for key, one in value.items():
                words += [flag(name), quoted(f"{key}={flow(one)}")]
        elif isinstance(value, bool):
            words.append(flag(name) if value else f"--no-{flag(name)[2:]}")
        else:
            several = value if isinstance(value, list | tuple) else [value]
            words += [flag(name), *map(quoted, several)]
    return " ".join(words)


def _group(
    names: Container[str], info: constructors.StructTypeInfo
) -> constructors.StructConstructorSpec | None:
    """Let tyro take the settings of these names, and NAME=VALUE as texts, one behind each flag."""
    if not (isinstance(info.type, type) and issubclass(info.type, Group)):
        return None
    fields = []
    for one in dataclasses.fields(info.type):
        if one.name not in names:
            continue
        kind: Any = one.type
        default = getattr(info.default, one.name)
        if is_mapping(kind):
            kind, default = tuple[str, ...], ()
            for mark in (*marks(one.type), tyro.conf.UseAppendAction):
                kind = Annotated[kind, mark]
        fields.append(constructors.StructFieldSpec(name=one.name, type=kind, default=default))
    return constructors.StructConstructorSpec(instantiate=info.type, fields=tuple(fields))
