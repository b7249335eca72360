"""The same as kit-baseline."""

from kit.commands.baseline import main

main()
