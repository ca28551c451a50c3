"""The application as a WSGI server and the `flask` command line see it."""

from marketplace.app import create_app

app = create_app()
