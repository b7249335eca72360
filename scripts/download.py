"""The same as kit-download."""

from kit.commands.download import main

main()
