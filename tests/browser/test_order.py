"""A cell that is run before the one that it relies on."""

from playwright.sync_api import Page, expect

from .lab import Lab


def test_the_first_cell_run_is_one_too_early(lab: Lab, tab: Page) -> None:
    """In a kernel in which nothing has run yet, the error says which cell of this notebook comes first."""
    notebook = lab.open(tab, lab.write("early.ipynb", "greeting = 'hello'", "print(greeting)"))
    notebook.panel.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")
    expect(notebook.output(1)).to_contain_text("NameError: name 'greeting' is not defined")
    expect(notebook.output(1)).to_contain_text("greeting is made in the cell with the line \"greeting = 'hello'\"")
