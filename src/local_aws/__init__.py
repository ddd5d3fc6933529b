"""An AWS small enough for a laptop: what a serverless WebSocket API needs, in one background process.

Knows nothing of the course. Floors, top to ground, each importing only downwards: ``cli``, ``cloud``; ``front``,
``access`` and ``catalog``; ``gateway`` and ``identity``; ``functions`` and ``control_plane``; ``settings``, ``state``,
``proxy``, ``trust``, ``service_calls``, ``metrics``, ``policies``, ``http``, ``clock``, ``errors``.
"""
