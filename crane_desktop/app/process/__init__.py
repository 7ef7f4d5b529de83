"""The process's life: logs, crash report, shutdown, and whether there is a display."""
