"""What people read: the README, docs/, and the Markdown cells of the notebooks."""
