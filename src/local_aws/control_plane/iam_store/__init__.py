"""Reads users, roles, sessions and resource policies from moto, for ``local_aws.iam``, which decides permissions.

The rest of ``control_plane`` may import it; nobody outside does. The types ``Key`` and ``Principal`` are in ``model``.
"""
