"""`python -m bot` is `litbot`."""

from bot.cli import main

if __name__ == "__main__":
    main()
