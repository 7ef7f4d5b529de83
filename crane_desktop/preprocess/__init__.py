"""Make it fit: colour, region, resize, normalise. Pure."""
