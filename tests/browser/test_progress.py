"""A bar of progress in a cell, while it runs and afterwards."""

from playwright.sync_api import Page, expect

from .lab import Lab

WAITING = """
import time
from walkthrough import progress
for _ in progress.each(range(20), "waiting"):
    time.sleep(0.1)
print("done")
"""


def test_a_bar_comes_and_goes(lab: Lab, tab: Page) -> None:
    """While the cell runs, a bar says what is done and how far it is; afterwards nothing of it is left."""
    notebook = lab.open(tab, lab.write("progress.ipynb", WAITING))
    output = notebook.output(0)
    notebook.start_all()
    bar = output.locator(".widget-hprogress")
    expect(bar).to_be_visible()
    expect(output).to_contain_text("waiting:")
    expect(output).to_contain_text("/20")
    notebook.wait()
    expect(bar).to_have_count(0)
    assert "done" == output.inner_text().strip()
    assert [] == notebook.errors
    # nor an empty place where it was: one line of text is all there is
    assert output.evaluate("one => one.offsetHeight") < 40
