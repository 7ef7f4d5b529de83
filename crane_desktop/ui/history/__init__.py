"""The log as people read it: the list of records, and a record opened."""
