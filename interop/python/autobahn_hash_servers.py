"""The three hash servers of Autobahn's tutorial, in the names of today."""

import hashlib

from autobahn.twisted.websocket import WebSocketServerProtocol

from autobahn_echo import Serving


class MessageBasedHashServerProtocol(Serving, WebSocketServerProtocol):
    """Computes a SHA-256 for every message, and sends it back."""

    def onMessage(self, payload, isBinary):
        self.sendMessage(hashlib.sha256(payload).hexdigest().encode())


class FrameBasedHashServerProtocol(Serving, WebSocketServerProtocol):
    """Computes a running SHA-256 over a message, and responds after every frame with the digest up to that point."""

    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.sha256 = hashlib.sha256()

    def onMessageFrame(self, payload):
        self.sha256.update(b"".join(payload))
        self.sendMessage(self.sha256.hexdigest().encode())

    def onMessageEnd(self):
        pass


class StreamingHashServerProtocol(Serving, WebSocketServerProtocol):
    """Computes a running SHA-256 over a message, and sends the digest up to that point every so many bytes."""

    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.sha256 = hashlib.sha256()
        self.received = 0
        self.next = self.task["batch"]

    def onMessageFrameBegin(self, length):
        WebSocketServerProtocol.onMessageFrameBegin(self, length)

    def onMessageFrameData(self, payload):
        self.received += len(payload)
        # The tutorial expects no more than one end of a batch in what arrives at once.
        while self.received >= self.next:
            rest = len(payload) - (self.received - self.next)
            self.sha256.update(payload[:rest])
            self.sendMessage(self.sha256.hexdigest().encode())
            self.next += self.task["batch"]
            payload = payload[rest:]
        self.sha256.update(payload)

    def onMessageFrameEnd(self):
        pass

    def onMessageEnd(self):
        pass


SERVERS = {
    "message": MessageBasedHashServerProtocol,
    "frame": FrameBasedHashServerProtocol,
    "streaming": StreamingHashServerProtocol,
}
