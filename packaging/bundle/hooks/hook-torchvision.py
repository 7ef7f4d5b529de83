"""Build hook in place of the contributed one: without torchvision's own operators, which the program never calls.

The wheel on PyPI has them for CUDA; they would draw CUDA's libraries into a bundle for the CPU.
"""

module_collection_mode = "pyz+py"
