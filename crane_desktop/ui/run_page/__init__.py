"""The page of the running line: source, picture, verdict, counters, history."""
