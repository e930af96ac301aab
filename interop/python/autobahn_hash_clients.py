"""The three hash clients of Autobahn's tutorial, in the names of today. They compare the digests, and come to an end."""

import hashlib
import os

from autobahn.twisted.websocket import WebSocketClientProtocol

from autobahn_echo import Connecting


class HashClientProtocol(Connecting, WebSocketClientProtocol):
    """Counts batches and digests."""

    def onOpen(self):
        self.count = 0
        self.sha256 = hashlib.sha256()
        self.report.update(digests=[], expectedDigests=[])

    def next_batch(self):
        data = os.urandom(self.task["batch"])
        self.sha256.update(data)
        self.report["expectedDigests"].append(self.sha256.hexdigest())
        self.count += 1
        return data

    def onMessage(self, payload, isBinary):
        if len(self.report["digests"]) == self.task["count"]:
            return  # the digest after the empty frame with which endMessage ends a message
        self.report["digests"].append(payload.decode())
        if self.count < self.task["count"]:
            self.send_next()
        else:
            self.finish()

    def finish(self):
        self.endMessage()
        self.close()


class MessageBasedHashClientProtocol(HashClientProtocol):
    """Sends random bytes as a sequence of messages."""

    def onOpen(self):
        super().onOpen()
        self.send_next()

    def send_next(self):
        self.sha256 = hashlib.sha256()
        self.sendMessage(self.next_batch(), isBinary=True)

    def finish(self):
        self.close()


class FrameBasedHashClientProtocol(HashClientProtocol):
    """Sends random bytes as a sequence of frames, all in one message."""

    def onOpen(self):
        super().onOpen()
        self.beginMessage(isBinary=True)
        self.send_next()

    def send_next(self):
        self.sendMessageFrame(self.next_batch())


class StreamingHashClientProtocol(HashClientProtocol):
    """Sends random bytes as a sequence of batches in one frame, in one message."""

    def onOpen(self):
        super().onOpen()
        self.beginMessage(isBinary=True)
        self.beginMessageFrame(0x7FFFFFFFFFFFFFFF if self.task["endless"] else self.task["batch"] * self.task["count"])
        self.send_next()

    def send_next(self):
        self.sendMessageFrameData(self.next_batch())

    def finish(self):
        # Inside a frame there is no place for a Close.
        if self.task["endless"]:
            self.dropConnection()
        else:
            super().finish()


CLIENTS = {
    "message": MessageBasedHashClientProtocol,
    "frame": FrameBasedHashClientProtocol,
    "streaming": StreamingHashClientProtocol,
}
