"""The same as kit-report."""

from kit.commands.report import main

main()
