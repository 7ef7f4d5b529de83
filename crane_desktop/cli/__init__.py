"""The command line: commands, terminal tables, progress bars. Knows no rule of its own."""
