"""`python -m services.cli`: the same as `vitrine`, where its script is not on the path."""

from services.cli.main import app

app()
