"""What decides for one product, and how its versions are kept."""
