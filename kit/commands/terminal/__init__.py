"""What every program does around its function: flags in, lines and an exit code out."""

from kit.commands.terminal.programs import program
from kit.commands.terminal.results import (
    PICTURES,
    draw_report,
    next_steps,
    program_name,
    put,
    quoted,
    shown,
)
from kit.commands.terminal.settings_command import Command, typed

__all__ = [
    "PICTURES",
    "Command",
    "draw_report",
    "next_steps",
    "program",
    "program_name",
    "put",
    "quoted",
    "shown",
    "typed",
]
