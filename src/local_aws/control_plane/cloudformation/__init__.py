"""CloudFormation in place of moto's: stacks made, changed, rolled back and removed, and their change sets.

``patches``, ``queries`` and ``control_plane`` may import it; nobody outside ``control_plane`` does.
"""
