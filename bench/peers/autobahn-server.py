"""Autobahn, on Twisted, as a peer of the benchmarks: called with a port and a mode, see bench/peers.ts."""

import gc
import hashlib
import os
import sys
import threading

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from twisted.internet import reactor, ssl

MIB = 1024 * 1024


class EchoServer(WebSocketServerProtocol):
    def onMessage(self, payload, isBinary):
        self.sendMessage(payload, isBinary)


class MessageHashServer(WebSocketServerProtocol):
    """By the streaming interface, which takes the least memory."""

    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.hash = hashlib.sha256()

    def onMessageFrameData(self, payload):
        self.hash.update(payload)

    def onMessageFrameEnd(self):
        pass

    def onMessageEnd(self):
        self.sendMessage(self.hash.hexdigest().encode("ascii"))


class FrameHashServer(WebSocketServerProtocol):
    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.hash = hashlib.sha256()

    def onMessageFrame(self, payload):
        for part in payload:
            self.hash.update(part)
        self.sendMessage(self.hash.hexdigest().encode("ascii"))

    def onMessageEnd(self):
        pass


class StreamHashServer(WebSocketServerProtocol):
    def onMessageBegin(self, isBinary):
        WebSocketServerProtocol.onMessageBegin(self, isBinary)
        self.hash = hashlib.sha256()
        self.missing = MIB

    def onMessageFrameData(self, payload):
        while len(payload) >= self.missing:
            self.hash.update(payload[: self.missing])
            payload = payload[self.missing :]
            self.missing = MIB
            self.sendMessage(self.hash.hexdigest().encode("ascii"))
        self.hash.update(payload)
        self.missing -= len(payload)

    def onMessageFrameEnd(self):
        pass

    def onMessageEnd(self):
        pass


class BroadcastServer(WebSocketServerProtocol):
    receivers = set()

    def onOpen(self):
        self.receivers.add(self)

    def onMessage(self, payload, isBinary):
        prepared = self.factory.prepareMessage(payload, isBinary)
        for receiver in self.receivers:
            receiver.sendPreparedMessage(prepared)

    def onClose(self, wasClean, code, reason):
        self.receivers.discard(self)


PROTOCOLS = {
    "echo": EchoServer,
    "handshake": EchoServer,
    "hash-message": MessageHashServer,
    "hash-frame": FrameHashServer,
    "hash-stream": StreamHashServer,
    "broadcast": BroadcastServer,
}


def follow_input():
    for line in sys.stdin:
        if line.strip() == "gc":
            gc.collect()
            print("gc", flush=True)
    os._exit(0)


def set_compression(factory):
    kind = os.environ.get("BENCH_COMPRESSION", "")
    if kind == "":
        return
    alone = kind == "alone"

    def accept(offers):
        for offer in offers:
            if isinstance(offer, PerMessageDeflateOffer):
                return PerMessageDeflateOfferAccept(
                    offer, request_no_context_takeover=alone, no_context_takeover=True if alone else None
                )

    factory.setProtocolOptions(perMessageCompressionAccept=accept)


def listen(factory, port):
    folder = os.environ.get("BENCH_TLS", "")
    options = {"backlog": 4096, "interface": "127.0.0.1"}
    if folder == "":
        reactor.listenTCP(port, factory, **options)
    else:
        context = ssl.DefaultOpenSSLContextFactory(f"{folder}/key.pem", f"{folder}/cert.pem")
        reactor.listenSSL(port, factory, context, **options)


def main():
    port, mode = int(sys.argv[1]), sys.argv[2]
    factory = WebSocketServerFactory()
    factory.protocol = PROTOCOLS[mode]
    set_compression(factory)
    listen(factory, port)
    threading.Thread(target=follow_input, daemon=True).start()
    print("ready", flush=True)
    reactor.run()


main()
