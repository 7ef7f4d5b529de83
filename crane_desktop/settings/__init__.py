"""Typed settings, the data folder, resources and texts."""
