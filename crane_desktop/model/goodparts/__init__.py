"""What good parts look like: memories of their patches, and the scorer that asks them beside Crane."""
