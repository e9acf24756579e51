"""`python -m service` is `vermilion`."""

from service.cli import main

main()
