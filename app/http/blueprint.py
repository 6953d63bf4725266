"""Blueprints of the API: every rule belongs to /api/v1 and to a declared endpoint."""

from __future__ import annotations

from flask import Blueprint

PREFIX = "/api/v1"


def api_blueprint(name: str, import_name: str) -> Blueprint:
    """Return the blueprint of one room; its rules begin after /api/v1."""
    return Blueprint(name, import_name, url_prefix=PREFIX)
