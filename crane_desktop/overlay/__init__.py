"""Show it: anomaly map -> picture. Pure."""
