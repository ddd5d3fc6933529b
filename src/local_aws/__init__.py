"""An AWS small enough for a laptop: what a serverless WebSocket API needs, in one background process.

It does not depend on the course. Its floors, from top to bottom; each imports only from lower ones: ``cli``; ``cloud``;
``server``; ``adapters`` and ``daemon``; ``gateway``; ``functions`` and ``control_plane``; ``iam``, ``telemetry`` and
``settings``; ``net``, ``clock`` and ``patching``; ``errors``.
"""
