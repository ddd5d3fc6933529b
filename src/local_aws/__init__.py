"""An AWS small enough for a laptop: what a serverless WebSocket API needs, in one background process.

It does not depend on the course. Layers from top to bottom, each importing only from lower ones: ``cli``; ``cloud``;
``server`` and ``adapters``; ``gateway``; ``functions`` and ``control_plane``; ``iam`` and ``telemetry``; ``daemon``,
``settings``, ``net``, ``clock`` and ``errors``.
"""
