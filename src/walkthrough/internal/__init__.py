"""What the toolkit needs and no notebook names: osls, the project's folder, and errors in plain words.

All of ``walkthrough`` may import it; notebooks do not.
"""
