"""The use cases: what the program does, callable by window, command line or plant alike. No Qt, no console."""
