"""CraneInspector: zero-shot visual inspection on live GenICam frames, offline."""

__version__ = "0.1.0"
