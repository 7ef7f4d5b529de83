"""The camera page: a live picture with aids, the important settings, every node, and what the recipe says."""
