"""DynamoDB's API where moto's falls short: items whose time to live has ended are deleted.

The rest of ``control_plane`` may import it; nobody outside does.
"""
