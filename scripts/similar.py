"""The same as kit-similar."""

from kit.commands.similar import main

main()
