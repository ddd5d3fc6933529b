"""API Gateway's API for WebSocket APIs: what can be configured, what it refuses, and what is deployed.

The rest of ``control_plane`` may import it, ``cloudformation`` above all; nobody outside does.
"""
