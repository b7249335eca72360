"""What a program prints of a result, also where a later step failed."""

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["shown"]

Result = TypeVar("Result")


def shown(
    show: Callable[[Result], None], work: Callable[..., Result], *places: Any, **settings: Any
) -> Result:
    """Call a function and show what it returns, or what it had reached when it failed."""
    try:
        result = work(*places, **settings)
    except BaseException as error:
        if (reached := getattr(error, "reached", None)) is not None:
            show(reached)
        raise
    show(result)
    return result
