"""websockets, on asyncio, as a peer of the benchmarks: called with a port and a mode, see bench/peers.ts."""

import asyncio
import gc
import hashlib
import os
import ssl
import sys
import threading

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

LONGEST = 2**30
receivers = set()


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def hash_messages(connection):
    async for message in connection:
        await connection.send(hashlib.sha256(message).hexdigest())


async def send_to_all(connection):
    receivers.add(connection)
    try:
        async for message in connection:
            websockets.broadcast(receivers, message)
    finally:
        receivers.discard(connection)


HANDLERS = {"echo": echo, "handshake": echo, "hash-message": hash_messages, "broadcast": send_to_all}


def extensions():
    kind = os.environ.get("BENCH_COMPRESSION", "")
    if kind == "":
        return None
    alone = kind == "alone"
    return [ServerPerMessageDeflateFactory(server_no_context_takeover=alone, client_no_context_takeover=alone)]


def tls_context():
    folder = os.environ.get("BENCH_TLS", "")
    if folder == "":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


def follow_input():
    for line in sys.stdin:
        if line.strip() == "gc":
            gc.collect()
            print("gc", flush=True)
    os._exit(0)


async def main():
    port, mode = int(sys.argv[1]), sys.argv[2]
    options = {"max_size": LONGEST, "compression": None, "extensions": extensions(), "backlog": 4096}
    async with websockets.serve(HANDLERS[mode], "127.0.0.1", port, ssl=tls_context(), **options):
        threading.Thread(target=follow_input, daemon=True).start()
        print("ready", flush=True)
        await asyncio.Future()


asyncio.run(main())
