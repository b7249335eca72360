"""The same as kit-describe."""

from kit.commands.describe import main

main()
