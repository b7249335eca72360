"""The same as kit-tune."""

from kit.commands.tune import main

if __name__ == "__main__":  # its workers import it
    main()
