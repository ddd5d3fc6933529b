"""What happened to each message, from the logs that API Gateway, Lambda and the handlers write on any AWS.

    import time
    from websockets.sync.client import connect
    from walkthrough import access_log, stack, timeline

    access_log.on()
    with connect(stack.url(), user_agent_header="client A") as client:
        sent = time.time()
        client.send('{"action":"send"}')
        client.recv()
        heard = timeline.Heard("client A", sent, time.time())
    print(timeline.read([heard]).picture("a pong"))

``fetch`` gets the lines, ``logs`` reads them, ``join`` puts them together; ``per_message`` and ``shared_clock`` draw.
"""

from walkthrough.timeline.fetch import read
from walkthrough.timeline.join import Bar, Heard, Message
from walkthrough.timeline.logs import Access, Invocation, LoggedCall
from walkthrough.timeline.timeline import Timeline, messages

__all__ = ["Access", "Bar", "Heard", "Invocation", "LoggedCall", "Message", "Timeline", "messages", "read"]
