from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import pytest

from walkthrough.console import Console

from .conftest import Eventually, Talker

pytestmark = pytest.mark.usefixtures("no_proxy")


class Screen:
    """A person at the panel: it gets the messages that the browser would send."""

    def __init__(self, console: Console) -> None:
        self.console = console
        parts = list(self._all(console.widget))
        self.field = next(part for part in parts if isinstance(part, widgets.Text))
        self._buttons = [part for part in parts if isinstance(part, widgets.Button)]
        self._texts = [part for part in parts if isinstance(part, widgets.HTML)]

    def _all(self, widget: Any) -> Iterator[Any]:
        yield widget
        for child in getattr(widget, "children", ()):
            yield from self._all(child)

    @property
    def buttons(self) -> dict[str, widgets.Button]:
        return {button.description: button for button in self._buttons}

    def enter(self) -> None:
        """The Enter key: what the browser says at once, before the text if that has changed."""
        self.field._handle_custom_msg({"event": "submit"}, [])

    def text(self, text: str) -> None:
        """The browser's "change" event: at Enter, and when the field is left."""
        self.field.set_state({"value": text})

    def press(self, name: str) -> None:
        self.buttons[name].click()

    @property
    def page(self) -> str:
        return "".join(text.value for text in self._texts)


@pytest.fixture
def screen(server: Talker, eventually: Eventually) -> Iterator[Screen]:
    """A panel that is connected, and says so."""
    with Console(server.url, history=["one", "two"]) as console:
        console.connect()
        screen = Screen(console)
        eventually(lambda: server.arrived and "Disconnect" in screen.buttons)
        yield screen


def test_enter_sends(screen: Screen, eventually: Eventually) -> None:
    """Enter sends what was typed, and the field is empty again."""
    screen.enter()
    screen.text("psst")
    eventually(lambda: "< psst" in str(screen.console))
    assert "" == screen.field.value


def test_leaving_the_field_sends_nothing(screen: Screen, eventually: Eventually) -> None:
    """Tab or a click elsewhere keeps the text; Enter on it, unchanged, then sends it."""
    screen.text("psst")
    assert "> psst" not in str(screen.console)
    screen.enter()
    eventually(lambda: "< psst" in str(screen.console))
    eventually(lambda: screen.field.value == "")


def test_enter_on_what_was_changed_later(screen: Screen, eventually: Eventually) -> None:
    """What the field holds at Enter is sent, not what it held when it was left before."""
    screen.text("old")
    screen.enter()
    screen.text("new")
    eventually(lambda: "< new" in str(screen.console))
    assert "> old" not in str(screen.console)


def test_enter_on_nothing(screen: Screen, eventually: Eventually) -> None:
    """Enter in an empty field sends nothing, and does not make the next text be sent unasked."""
    screen.enter()
    eventually(lambda: screen.console._entered is None)
    screen.text("psst")
    assert "> " not in str(screen.console)


def test_send_button(screen: Screen, eventually: Eventually) -> None:
    """The button does what Enter does."""
    screen.text("psst")
    screen.press("Send")
    eventually(lambda: "< psst" in str(screen.console))


def test_a_message_that_did_not_leave_stays(screen: Screen) -> None:
    """Without a connection the text stays in the field, and the panel says why."""
    screen.press("Disconnect")
    screen.enter()
    screen.text("psst")
    assert "psst" == screen.field.value
    assert "Not sent" in str(screen.console)


def test_history(screen: Screen, eventually: Eventually) -> None:
    """What was sent is offered, newest first, by the field's own list and by the button."""
    screen.enter()
    screen.text("three")
    eventually(lambda: screen.field.options == ("three", "two", "one"))
    screen.press("Earlier")
    screen.press("Earlier")
    assert "two" == screen.field.value


def test_disconnect_and_connect(screen: Screen, eventually: Eventually) -> None:
    """One button connects and disconnects, and its label says which."""
    screen.press("Disconnect")
    assert "Closed from here: 1000" in str(screen.console)
    eventually(lambda: "not connected" in screen.page)
    screen.press("Connect")
    eventually(lambda: "Disconnect" in screen.buttons)
    assert screen.console.send("psst")


def test_what_the_server_says_appears(screen: Screen, server: Talker, eventually: Eventually) -> None:
    """A frame appears when it comes, as text and not as HTML, without anybody doing anything."""
    server.arrived[0].send("<b>psst</b>")
    eventually(lambda: "&lt;b&gt;psst&lt;/b&gt;" in screen.page)
    assert "<b>psst" not in screen.page


def test_many_frames(screen: Screen, server: Talker, monkeypatch: pytest.MonkeyPatch, eventually: Eventually) -> None:
    """The panel is painted for many frames at once; it shows the last, and says that there were more."""
    painted = []
    paint = screen.console.transcript.html

    def html() -> str:
        painted.append(1)
        return paint()

    monkeypatch.setattr(screen.console.transcript, "html", html)
    for number in range(2000):
        server.arrived[0].send(f"message {number}")
    eventually(lambda: "message 1999" in screen.page)
    assert "message 0<" not in screen.page
    assert "older lines are no longer shown" in screen.page
    assert len(painted) < 500


def test_clear(screen: Screen, server: Talker, eventually: Eventually) -> None:
    """The button empties the list."""
    screen.press("Clear")
    eventually(lambda: "Connected to" not in screen.page)
    assert "" == str(screen.console)


def test_every_control_has_words(screen: Screen) -> None:
    """Each has a name to be read out, and each button says what it does."""
    assert screen.field.description
    assert screen.field.placeholder
    assert all(button.description and button.tooltip for button in screen.buttons.values())


def test_prints_the_same_words(screen: Screen, server: Talker) -> None:
    """What a notebook keeps depends on the address alone."""
    before = repr(screen.console)
    screen.console.send("psst")
    assert before == repr(screen.console) == f"Console on {server.url}: run this cell to type into it."
    bundle = screen.console._repr_mimebundle_()
    assert before == bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_nothing_is_printed(server: Talker, capfd: pytest.CaptureFixture[str], eventually: Eventually) -> None:
    """Messages, ends and refusals print nothing."""
    with Console(server.url) as console:
        console.connect()
        console.send("go away")
        eventually(lambda: "1001" in str(console))
    Console("psst").connect()
    assert ("", "") == capfd.readouterr()
