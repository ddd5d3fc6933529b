"""The background process as a shell sees it: its state file, and how it is started, asked and ended.

``cli``, ``cloud`` and ``server`` may import it; nobody else does.
"""
