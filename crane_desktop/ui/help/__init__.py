"""About the program, its licences, and the camera doctor."""
