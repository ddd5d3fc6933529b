"""The AWS APIs that configure resources: moto in this process on its own thread, and what it lacks for WebSocket APIs.

The rest of ``local_aws`` imports ``ControlPlane``, and ``Principal`` for the type of its answers; nothing below.
"""

from local_aws.control_plane.control_plane import ControlPlane
from local_aws.control_plane.iam_store.model import Principal

__all__ = ["ControlPlane", "Principal"]
