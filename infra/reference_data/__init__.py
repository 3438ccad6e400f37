"""Puts calendars, office hours, matters and rules into schema `reference`: all rows or none, as a new version."""

from infra.reference_data.load import LoadResult, load, load_folder, load_shipped
from infra.reference_data.tables import TABLES, InvalidRows, read_directory

__all__ = ["TABLES", "InvalidRows", "LoadResult", "load", "load_folder", "load_shipped", "read_directory"]
