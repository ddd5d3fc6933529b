"""Answers what one room of this AWS asks of another: who may do what, which functions there are, where logs go.

Only ``cloud`` may import it; the room that is given an adapter knows it by a protocol of its own.
"""
