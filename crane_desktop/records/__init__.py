"""Remember it: SQLite, image archive, migrations, export. The only room with a database."""
