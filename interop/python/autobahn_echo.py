"""Echo clients and servers on Autobahn, at its three levels."""

from autobahn.twisted.websocket import WebSocketClientProtocol, WebSocketServerProtocol

from autobahn_compression import accept_of_server
from convention import SUBPROTOCOL, create_message, cut, describe_message, say, task_of


class Reporting:
    """Makes the report of a connection. In front of a protocol class of Autobahn."""

    task = None

    def begin_report(self, task):
        self.task = task
        self.report = {"id": task["id"], "subprotocol": ""}
        self.count = 0

    @property
    def is_last(self):
        return self.count >= self.task["messages"]

    def note(self, data):
        self.count += 1
        message = describe_message(data)
        prepares = self.task.get("compression", {}).get("prepares", False)
        if self.report.setdefault("received", message) != message and not prepares:
            self.report["error"] = "a message was another one than before"

    def onPong(self, payload):
        self.report["pong"] = payload.decode()

    def onClose(self, wasClean, code, reason):
        if self.task is None:
            return
        if wasClean:
            self.report.update(code=1005 if code is None else code, reason=reason or "")
        else:
            self.report.update(code=1006, reason=reason or "")
        say(self.report)

    def close(self):
        if self.task["closes"]:
            self.sendClose(*([self.task["code"], self.task["reason"]] if self.task["code"] else []))


class Serving(Reporting):
    def close_if_last(self):
        if self.is_last:
            self.close()

    def onConnect(self, request):
        self.begin_report(task_of(self.http_request_uri))
        self.perMessageCompressionAccept = accept_of_server(self.task)
        if SUBPROTOCOL in request.protocols:
            self.report["subprotocol"] = SUBPROTOCOL
            return SUBPROTOCOL


class Connecting(Reporting):
    def onConnect(self, response):
        self.begin_report(self.factory.task)
        self.report["subprotocol"] = response.protocol or ""


class EchoClient(Connecting, WebSocketClientProtocol):
    """Sends a message at the level of its task."""

    def onOpen(self):
        self.content = create_message(self.task)
        self.send_content()

    def send_content(self):
        send = {"message": self.send_message, "frame": self.send_frames, "streaming": self.send_stream}
        send[self.task["level"]]()

    def send_message(self):
        send_as_message(self, self.content.encode() if isinstance(self.content, str) else self.content, self.task["binary"])

    def send_frames(self):
        send_as_frames(self, self.pieces(), self.task["binary"])

    def send_stream(self):
        self.beginMessage(isBinary=self.task["binary"])
        for piece in self.pieces():
            self.beginMessageFrame(len(piece))
            for part in cut(piece, 2) if piece else [b""]:
                self.sendMessageFrameData(part)
        self.endMessage()

    def pieces(self):
        data = self.content.encode() if isinstance(self.content, str) else self.content
        return cut(data, self.task["fragments"])

    def received(self, payload, is_binary):
        self.note(payload if is_binary else payload.decode())
        if self.is_last:
            self.close_if_done()
        else:
            self.send_content()

    def onPong(self, payload):
        super().onPong(payload)
        self.close_if_done()

    def close_if_done(self):
        if self.is_last and self.task["ping"] in ("", self.report.get("pong")):
            self.close()


class MessageEchoClient(EchoClient):
    def onMessage(self, payload, isBinary):
        self.received(payload, isBinary)


class FrameEchoClient(EchoClient):
    def onMessageBegin(self, isBinary):
        WebSocketClientProtocol.onMessageBegin(self, isBinary)
        self.is_binary, self.payload = isBinary, b""

    def onMessageFrame(self, payload):
        self.payload += b"".join(payload)

    def onMessageEnd(self):
        self.received(self.payload, self.is_binary)


class StreamingEchoClient(EchoClient):
    def onMessageBegin(self, isBinary):
        WebSocketClientProtocol.onMessageBegin(self, isBinary)
        self.is_binary, self.chunks = isBinary, []

    def onMessageFrameBegin(self, length):
        WebSocketClientProtocol.onMessageFrameBegin(self, length)

    def onMessageFrameData(self, payload):
        self.chunks.append(payload)

    def onMessageFrameEnd(self):
        pass

    def onMessageEnd(self):
        self.received(b"".join(self.chunks), self.is_binary)


class MessageEchoServer(Serving, WebSocketServerProtocol):
    """Sends each message back."""

    def onMessage(self, payload, isBinary):
        self.note(payload if isBinary else payload.decode())
        send_as_message(self, payload, isBinary)
        self.close_if_last()


class FrameEchoServer(Serving, WebSocketServerProtocol):
    """Sends each frame back."""

    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.is_binary, self.payload = isBinary, b""
        self.beginMessage(isBinary=isBinary)

    def onMessageFrame(self, payload):
        frame = b"".join(payload)
        self.payload += frame
        self.sendMessageFrame(frame)

    def onMessageEnd(self):
        self.endMessage()
        self.note(self.payload if self.is_binary else self.payload.decode())
        self.close_if_last()


class StreamingEchoServer(Serving, WebSocketServerProtocol):
    """Sends everything back as it arrives."""

    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.is_binary, self.chunks = isBinary, []
        self.beginMessage(isBinary=isBinary)

    def onMessageFrameBegin(self, length):
        WebSocketServerProtocol.onMessageFrameBegin(self, length)
        self.beginMessageFrame(length)

    def onMessageFrameData(self, payload):
        self.chunks.append(payload)
        self.sendMessageFrameData(payload)

    def onMessageFrameEnd(self):
        pass

    def onMessageEnd(self):
        self.endMessage()
        payload = b"".join(self.chunks)
        self.note(payload if self.is_binary else payload.decode())
        self.close_if_last()


def send_as_message(protocol, payload, is_binary):
    """Sends a message with the basic API, which leaves no place for a ping inside it."""
    fragments, ping = protocol.task["fragments"], protocol.task["ping"]
    # It cuts what it has compressed, of which one frame may be left.
    if fragments > 1 and (ping or not payload or "compression" in protocol.task):
        send_as_frames(protocol, cut(payload, fragments), is_binary)
        return
    if ping:
        protocol.sendPing(ping.encode())
    size = -(-len(payload) // fragments)
    protocol.sendMessage(payload, isBinary=is_binary, fragmentSize=size if fragments > 1 else None)


def send_as_frames(protocol, pieces, is_binary):
    """Sends a message with the frame API, and the ping of the task behind the first frame."""
    protocol.beginMessage(isBinary=is_binary)
    for index, piece in enumerate(pieces):
        protocol.sendMessageFrame(piece)
        if index == 0 and protocol.task["ping"]:
            protocol.sendPing(protocol.task["ping"].encode())
    protocol.endMessage()


CLIENTS = {"message": MessageEchoClient, "frame": FrameEchoClient, "streaming": StreamingEchoClient}

SERVERS = {"message": MessageEchoServer, "frame": FrameEchoServer, "streaming": StreamingEchoServer}
