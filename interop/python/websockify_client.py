"""The client of websockify as a listener of tunnels: takes TCP connections through its WebSocket class.

Arguments: the URL of the server, and the subprotocol to offer, if any. Says its port. Ends with its input.
"""

import os
import socket
import sys
import threading

from websockify.websocket import WebSocket, WebSocketWantReadError

CHUNK = 65536


class Client(WebSocket):
    def _sendmsg(self, opcode, msg):
        # websockify 0.10 fails here, when it makes a masking key.
        return self._send(self._encode_hybi(opcode, msg, os.urandom(4)))


def forward(tcp, url, subprotocols):
    websocket = Client()
    websocket.connect(url, protocols=subprotocols)

    def receive():
        while True:
            try:
                message = websocket.recvmsg()
            except WebSocketWantReadError:
                continue
            except OSError:
                break
            if message is None:
                break
            tcp.sendall(message)
        tcp.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=receive, daemon=True).start()
    while chunk := tcp.recv(CHUNK):
        websocket.sendmsg(chunk)
    websocket.shutdown(socket.SHUT_RDWR)


def main(url, *subprotocols):
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        tcp, _ = listener.accept()
        threading.Thread(target=forward, args=(tcp, url, list(subprotocols)), daemon=True).start()


main(*sys.argv[1:])
