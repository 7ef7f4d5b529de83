"""Small things that all pages share: fields, colours, icons, words."""
