"""The console in a cell, used with the keyboard alone, on the deployed stack."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from .lab import Lab, Notebook

DEPLOY = """
from walkthrough import cloud, console, stack
cloud.use()
stack.deploy()
"""
OPEN = 'console.open(stack.url(), history=[\'{"action":"send", "message":"psst"}\'])'

CONNECTIONS = """
import boto3
stack = boto3.client("cloudformation").describe_stacks(StackName="serverless-websockets-dev")["Stacks"][0]
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
url = outputs["ServiceEndpointWebsocket"].replace("wss://", "https://")
api = boto3.client("apigatewaymanagementapi", endpoint_url=url)
records = boto3.client("dynamodb").scan(TableName=outputs["ConnectionsTable"], ConsistentRead=True)["Items"]
ids = [record["connectionId"]["S"] for record in records]
"""


def push(lab: Lab, *texts: str) -> None:
    """Post messages to every connection, from a program of its own."""
    program = f"""{CONNECTIONS}
for text in {texts!r}:
    for connection_id in ids:
        api.post_to_connection(ConnectionId=connection_id, Data=text.encode())
"""
    lab.run("python", "-c", program)


@pytest.fixture(scope="module")
def notebook(lab: Lab, tab: Page) -> Iterator[Notebook]:
    """A notebook that has deployed the stack and opened a console on it; no cell runs any more."""
    notebook = lab.open(tab, lab.write("console.ipynb", DEPLOY, OPEN))
    notebook.run_all()
    assert [] == notebook.errors
    yield notebook
    lab.run("python", "-c", "from walkthrough import stack; stack.remove()")


@pytest.fixture
def field(notebook: Notebook) -> Locator:
    return notebook.output(1).get_by_label("Message:")


@pytest.fixture
def log(notebook: Notebook) -> Locator:
    return notebook.output(1).get_by_role("log")


def tab_to(page: Page, target: Locator) -> None:
    """Press the Tab key until the control has the focus."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not lead there")


def test_the_first_dialogue(notebook: Notebook, tab: Page, field: Locator, log: Locator) -> None:
    """Tab leads into the field; typing and Enter gets a pong; the field is empty and has the focus still."""
    tab_to(tab, field)
    tab.keyboard.type('{"action":"send"}')
    tab.keyboard.press("Enter")
    expect(log).to_contain_text('< received{"message":"🏓 pong"}')
    expect(log).to_contain_text('> sent{"action":"send"}')
    expect(field).to_have_value("")
    expect(field).to_be_focused()


def test_an_earlier_message(notebook: Notebook, tab: Page, field: Locator, log: Locator) -> None:
    """The button beside the field brings an earlier message back, and Enter sends it again."""
    tab_to(tab, field)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(field).to_have_value('{"action":"send"}')
    expect(field).to_be_focused()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    expect(field).to_have_value('{"action":"send", "message":"psst"}')
    tab.keyboard.press("Enter")
    expect(log).to_contain_text('< received{"message":"psst"}')


def test_a_push_appears(lab: Lab, log: Locator) -> None:
    """A frame that the server pushes appears while no cell runs."""
    push(lab, "pushed")
    expect(log).to_contain_text("< receivedpushed")


def test_a_frame_is_no_html(lab: Lab, tab: Page, log: Locator) -> None:
    """Markup that a server sends is shown, and does nothing."""
    attack = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    push(lab, attack, "after it")
    expect(log).to_contain_text("after it")
    expect(log).to_contain_text(attack)
    assert 0 == log.locator("img, script").count()
    assert "taken" != tab.title()


def test_the_newest_is_in_view(lab: Lab, log: Locator) -> None:
    """However many messages come, the last one is visible without scrolling."""
    push(lab, *[f"message {number}." for number in range(40)])
    last = log.get_by_text("message 39.")
    expect(last).to_be_visible()
    inside = """row => {
        const box = row.closest('.widget-box').getBoundingClientRect(), place = row.getBoundingClientRect();
        return box.top <= place.top && place.bottom <= box.bottom;
    }"""
    assert last.evaluate(inside)


def test_the_oldest_can_be_reached(tab: Page, field: Locator, log: Locator) -> None:
    """Shift+Tab in the field leads to what was said, and the Home key to its beginning."""
    scrolled = "log => log.closest('.widget-box').scrollTop"
    field.focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Home")
    expect(log.get_by_text("Connected to")).to_be_in_viewport()
    assert log.evaluate(scrolled) < -100
    tab.keyboard.press("End")
    expect(log.get_by_text("message 39.")).to_be_in_viewport()


def test_looks(notebook: Notebook, tab: Page, field: Locator) -> None:
    """It is kept to be looked at in both themes; nothing of it is cut off, and its text is legible."""
    notebook.output(1).get_by_role("button", name="Clear").click()
    for text in ('{"action":"send"}', '{"action":"send", "message":"psst"}', '{"action":"nobody"}'):
        field.fill(text)
        field.press("Enter")
        expect(field).to_have_value("")
    expect(notebook.output(1).get_by_role("log")).to_contain_text("unknown action")
    notebook.shoot("console")
    assert [] == notebook.overflowing
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        assert min(notebook.output(1).get_by_role("log").locator("span").evaluate_all(CONTRASTS)) >= 4.5
        if theme == "JupyterLab Dark":
            notebook.shoot("console-dark")


def test_ten_idle_minutes(lab: Lab, notebook: Notebook, tab: Page, field: Locator, log: Locator) -> None:
    """A message for a connection that has gone stays in the field, until another connection can send it."""
    lab.run("local-aws", "clock", "advance", "10m")
    expect(log).to_contain_text(
        "Closed by the other side: 1001 'Going away' (going away). API Gateway does so after ten"
    )
    tab_to(tab, field)
    tab.keyboard.type('{"action":"send","message":"later"}')
    tab.keyboard.press("Enter")
    expect(log).to_contain_text("Not sent: there is no connection.")
    tab_to(tab, notebook.output(1).get_by_role("button", name="Connect", exact=True))
    tab.keyboard.press("Enter")
    expect(notebook.output(1).get_by_role("status")).to_contain_text("● connected")
    field.focus()
    tab.keyboard.press("Enter")
    expect(log).to_contain_text('< received{"message":"later"}')


def test_a_message_too_long(notebook: Notebook, field: Locator, log: Locator) -> None:
    """A message that API Gateway does not accept ends the connection, and the line says how large one may be."""
    field.fill("x" * 40_000)
    field.press("Enter")
    expect(log).to_contain_text("Closed by the other side: 1009")
    expect(log).to_contain_text("API Gateway takes 32 KB in a frame and 128 KB in a message: send less at once.")
    expect(notebook.output(1).get_by_role("status")).to_contain_text("○ not connected")


def test_running_its_cell_again(lab: Lab, notebook: Notebook) -> None:
    """The cell's new console takes the place of the old one, whose connection is closed."""
    notebook.output(1).get_by_role("button", name="Connect", exact=True).click()
    expect(notebook.output(1).get_by_role("status")).to_contain_text("● connected")
    notebook.run_all()
    assert [] == notebook.errors
    assert "1" == lab.run("python", "-c", CONNECTIONS + "print(len(ids))").strip()


CONTRASTS = """spans => {
    // WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgba = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const luminance = channels => {
        const [r, g, b] = channels.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return spans.map(span => {
        let ground = [255, 255, 255], opacity = 1;
        for (let one = span; one; one = one.parentElement) {
            opacity *= getComputedStyle(one).opacity;
        }
        for (let one = span; one; one = one.parentElement) {
            const [r, g, b, a] = rgba(getComputedStyle(one).backgroundColor);
            if (a === 255) { ground = [r, g, b]; break; }
        }
        const [r, g, b, a] = rgba(getComputedStyle(span).color);
        const part = opacity * a / 255;
        const text = [r, g, b].map((c, i) => c * part + ground[i] * (1 - part));
        const [light, dark] = [luminance(text), luminance(ground)].sort((x, y) => y - x);
        return (light + 0.05) / (dark + 0.05);
    });
}"""
