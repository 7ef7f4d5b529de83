"""How the log's database came to its present form; Alembic runs these scripts in order."""
