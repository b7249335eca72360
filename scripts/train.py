"""The same as kit-train."""

from kit.commands.train import main

main()
