"""The window that holds the pages: rail, bars, menus, dialogs, and what runs the application."""
