"""The same as kit-predict."""

from kit.commands.predict import main

main()
