"""The same as kit-audit."""

from kit.commands.audit import main

main()
