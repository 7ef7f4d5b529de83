"""How odd is it: Crane on open_clip and timm; model packs; running it fast."""
