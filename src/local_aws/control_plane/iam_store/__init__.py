"""Users, roles, sessions and resource policies as moto keeps them, in the form in which permissions are decided.

The rest of ``control_plane`` may import it; nobody outside does. The types ``Key`` and ``Principal`` are in ``model``.
"""
