"""Tell it: reject signal and plant messages. Its place is kept for later work."""
