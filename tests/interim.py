"""Stands in for the application factory until that is there."""

from flask import Flask

from core.config import Config
from core.db import db


def create_app(config: Config) -> Flask:
    app = Flask("interim")
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    db.init_app(app)
    return app
