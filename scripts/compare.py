"""The same as kit-compare."""

from kit.commands.compare import main

main()
