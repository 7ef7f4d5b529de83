"""The keyboard, shared by people and code readers: what keys may do, and what a reader types."""
