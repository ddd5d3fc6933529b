"""An AWS small enough for a laptop: what a serverless WebSocket API needs, in one background process.

Knows nothing of the course. Floors, top to ground, each importing only downwards: ``cli``, ``cloud``, ``front``;
``gateway`` and ``identity``; ``functions`` and ``control_plane``; ``state``, ``proxy``, ``trust``, ``http``, ``clock``,
``errors``.
"""
