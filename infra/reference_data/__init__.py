"""Puts calendars, office hours, matters and rules into schema `reference`: all rows or none, as a new version."""

from infra.reference_data.columns import InvalidRows
from infra.reference_data.files import read_directory
from infra.reference_data.load import LoadResult, load, load_folder, load_shipped
from infra.reference_data.tables import TABLES

__all__ = ["TABLES", "InvalidRows", "LoadResult", "load", "load_folder", "load_shipped", "read_directory"]
