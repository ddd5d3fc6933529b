"""Lambda's API where moto's falls short: what a function may be set to, and how its events are treated.

The rest of ``control_plane`` may import it; nobody outside does. Functions run elsewhere, in ``functions``.
"""
