"""Labelled pictures in the layouts that people have them in."""
