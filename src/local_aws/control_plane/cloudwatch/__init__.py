"""CloudWatch's API: metrics, the search in logs, and the filter patterns that it takes.

``patches`` and ``control_plane`` may import it; nobody outside ``control_plane`` does.
"""
