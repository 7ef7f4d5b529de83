"""Where frames come from: the forms that fill in a source."""
