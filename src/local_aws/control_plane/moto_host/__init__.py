"""moto in this process: imported late, run on one thread, asked over WSGI, and its answers remembered.

The rest of ``control_plane`` may import it; nobody outside does.
"""
