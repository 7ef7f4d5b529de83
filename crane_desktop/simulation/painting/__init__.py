"""How the simulated line draws: canvas, light, surface, sensor."""
