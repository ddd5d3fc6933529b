"""What happened to each message, from the logs that API Gateway, Lambda and the handlers write on any AWS.

    from walkthrough import access_log, timeline
    access_log.on()
    sent = time.time()
    client.send(…)
    client.recv()
    timeline.read([timeline.Heard("client A", sent, time.time())]).picture()

``logs`` reads the lines, ``messages`` joins them, ``reading`` fetches them, ``view`` draws what became of a message.
"""

from walkthrough.timeline.logs import Access, Call, Invocation
from walkthrough.timeline.messages import Bar, Heard, Message
from walkthrough.timeline.reading import read
from walkthrough.timeline.timeline import Timeline, messages

__all__ = ["Access", "Bar", "Call", "Heard", "Invocation", "Message", "Timeline", "messages", "read"]
