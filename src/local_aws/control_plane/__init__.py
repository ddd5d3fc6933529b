"""The AWS APIs that configure things: moto in this process on its own thread, and what it lacks for WebSocket APIs.

``ControlPlane`` is all that the rest of ``local_aws`` knocks at.
"""

from local_aws.control_plane.control_plane import ControlPlane

__all__ = ["ControlPlane"]
