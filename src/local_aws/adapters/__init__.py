"""Connects the gateway and the functions to the control plane: who may do what, which functions exist, where logs go.

Only ``cloud`` may import it; the room that is given an adapter knows it by a protocol of its own.
"""
