"""`python -m infra.cli`: what the supervisor starts."""

from infra.cli import main

main()
