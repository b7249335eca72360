"""What every program does around its function: flags in, lines and an exit code out."""

from kit.commands.terminal.programs import program
from kit.commands.terminal.results import put, shown
from kit.commands.terminal.settings_command import Command

__all__ = ["Command", "program", "put", "shown"]
