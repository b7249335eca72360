"""The same as kit-check."""

from kit.commands.check import main

main()
