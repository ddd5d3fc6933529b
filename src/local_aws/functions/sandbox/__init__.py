"""A sandbox: one process with one function in it, its folders and environment, and the Runtime API it talks to.

``pool`` and ``service`` may import it; nobody outside ``functions`` does.
"""
