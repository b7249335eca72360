"""The same as kit-evaluate."""

from kit.commands.evaluate import main

main()
