"""Build hook in place of the contributed one, which would collect torchvision's reader of image files: never called."""
