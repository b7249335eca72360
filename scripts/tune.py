"""The same as kit-tune."""

from kit.commands.tune import main

main()
