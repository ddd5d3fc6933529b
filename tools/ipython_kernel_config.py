# `make setup` copies it to etc/ipython in .venv, where each kernel of .venv looks before its first cell:
# https://ipython.readthedocs.io/en/stable/config/intro.html
# With this extension, a cell that is run too early, even the first one, says which cell comes before it.
c.InteractiveShellApp.extensions.append("walkthrough.internal.missing_names")  # type: ignore[name-defined]  # noqa: F821 - IPython gives it c
