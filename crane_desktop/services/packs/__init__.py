"""Model packs on this station: found, proven, installed, and the way back."""
