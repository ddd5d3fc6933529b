"""An AWS small enough for a laptop: what a serverless WebSocket API needs, in one background process.

It knows nothing of the course. Its floors, from top to ground; each imports only from those below it: ``cli``;
``cloud``; ``server`` and ``adapters``; ``gateway``; ``functions`` and ``control_plane``; ``iam``, ``telemetry`` and
``daemon``; ``net``, ``patching``, ``settings`` and ``clock``; ``errors``.
"""
