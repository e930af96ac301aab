"""The peer: Autobahn on Twisted."""

import sys

import autobahn
import twisted
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketServerFactory
from twisted.internet import reactor

import autobahn_compression
import autobahn_echo
import autobahn_hash_clients
import autobahn_hash_servers
from convention import PYTHON, read_tasks, say

VERSIONS = {"Autobahn": autobahn.__version__, "Twisted": twisted.__version__, **PYTHON}

CLIENTS = {"echo": autobahn_echo.CLIENTS, "hash": autobahn_hash_clients.CLIENTS}

SERVERS = {"echo": autobahn_echo.SERVERS, "hash": autobahn_hash_servers.SERVERS}


class ClientFactory(WebSocketClientFactory):
    def clientConnectionFailed(self, connector, reason):
        error = reason.getErrorMessage()
        say({"id": self.task["id"], "subprotocol": "", "code": 1006, "reason": "", "error": error})


def connect(task):
    factory = ClientFactory(task["url"], protocols=task["subprotocols"])
    factory.task = task
    factory.protocol = CLIENTS[task["work"]][task["level"]]
    factory.setProtocolOptions(closeHandshakeTimeout=10, **autobahn_compression.options_of_client(task))
    reactor.connectTCP("127.0.0.1", factory.port, factory)


def listen(protocol):
    """Each of its programs has a port of its own, as in the tutorial."""
    factory = WebSocketServerFactory()
    factory.protocol = protocol
    factory.setProtocolOptions(closeHandshakeTimeout=10)
    return reactor.listenTCP(0, factory, interface="127.0.0.1").getHost().port


def main():
    read_tasks(lambda task: reactor.callFromThread(connect, task))
    if sys.argv[1] == "client":
        say({"versions": VERSIONS})
    else:
        ports = {f"{work}/{level}": listen(protocol) for work in SERVERS for level, protocol in SERVERS[work].items()}
        say({"versions": VERSIONS, "ports": ports})
    reactor.run()


if __name__ == "__main__":
    main()
