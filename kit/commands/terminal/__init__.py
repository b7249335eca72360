"""What every program does around its function: flags in, lines and an exit code out."""

from kit.commands.terminal.programs import program
from kit.commands.terminal.results import next_steps, put, shown
from kit.commands.terminal.settings_command import Command, typed

__all__ = ["Command", "next_steps", "program", "put", "shown", "typed"]
