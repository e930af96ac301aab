"""The peer: websockets, on asyncio."""

import asyncio
import hashlib
import os
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

from convention import PYTHON, SUBPROTOCOL, create_message, cut, describe_message, read_tasks, say, task_of

VERSIONS = {"websockets": websockets.version.version, **PYTHON}

LIMITS = {"max_size": 16 * 2**20}


async def carry_out(task, connection, work):
    """Does the work of a task on a connection, and says the report when it is over."""
    report = {"id": task["id"], "subprotocol": connection.subprotocol or ""}
    try:
        await work(task, connection, report)
        if task["closes"]:
            await connection.close(task["code"], task["reason"])
    except websockets.ConnectionClosed:
        pass
    except Exception as error:
        report["error"] = repr(error)
    await connection.wait_closed()
    say({**report, "code": connection.close_code, "reason": connection.close_reason})


async def send(task, connection, report, data):
    """Sends a message in the manner of its task."""
    pongs = []

    async def fragments():
        for index, piece in enumerate(cut(data, task["fragments"])):
            yield piece
            if index == 0 and task["ping"]:
                pongs.append(await connection.ping(task["ping"]))

    if task["fragments"] > 1:
        await connection.send(fragments())
    else:
        if task["ping"]:
            pongs.append(await connection.ping(task["ping"]))
        await connection.send(data)
    for pong in pongs:
        await pong
        report["pong"] = task["ping"]


def note(task, report, data):
    message = describe_message(data)
    prepares = task.get("compression", {}).get("prepares", False)
    if report.setdefault("received", message) != message and not prepares:
        report["error"] = "a message was another one than before"


async def echo_client(task, connection, report):
    for _ in range(task["messages"]):
        await send(task, connection, report, create_message(task))
        note(task, report, await connection.recv())


async def echo_server(task, connection, report):
    for _ in range(task["messages"]):
        data = await connection.recv()
        note(task, report, data)
        await send(task, connection, report, data)


async def hash_client(task, connection, report):
    """At the message level, each batch is a message; at the frame level, a frame of one message."""
    report.update(digests=[], expectedDigests=[])

    async def batches():
        sha256 = hashlib.sha256()
        for _ in range(task["count"]):
            batch = os.urandom(task["batch"])
            sha256 = hashlib.sha256() if task["level"] == "message" else sha256
            sha256.update(batch)
            report["expectedDigests"].append(sha256.hexdigest())
            yield batch
            report["digests"].append(await connection.recv())

    if task["level"] == "frame":
        await connection.send(batches())
    else:
        async for batch in batches():
            await connection.send(batch)


async def hash_server(task, connection, report):
    async for message in connection:
        await connection.send(hashlib.sha256(message).hexdigest())


def flags_of(compression):
    return {
        "server_no_context_takeover": compression.get("serverNoContextTakeover", False),
        "client_no_context_takeover": compression.get("clientNoContextTakeover", False),
        "server_max_window_bits": compression.get("serverMaxWindowBits"),
    }


def extensions_of_client(task):
    compression = task.get("compression")
    if compression is None:
        return None
    bits = compression.get("clientMaxWindowBits")
    return [ClientPerMessageDeflateFactory(client_max_window_bits=bits, **flags_of(compression))]


def extensions_of_server(task):
    compression = task.get("compression")
    if compression is None:
        return None
    bits = compression.get("clientMaxWindowBits")
    bits = None if bits is True else bits
    return [ServerPerMessageDeflateFactory(client_max_window_bits=bits, **flags_of(compression))]


class Protocol(websockets.WebSocketServerProtocol):
    """Has the extensions of the task of its client."""

    def process_extensions(self, headers, available_extensions):
        return websockets.WebSocketServerProtocol.process_extensions(headers, extensions_of_server(task_of(self.path)))


async def connect(task):
    options = {"extensions": extensions_of_client(task), "compression": None, **LIMITS}
    try:
        connection = await websockets.connect(task["url"], subprotocols=task["subprotocols"] or None, **options)
    except Exception as error:
        say({"id": task["id"], "subprotocol": "", "code": 1006, "reason": "", "error": repr(error)})
        return
    await carry_out(task, connection, {"echo": echo_client, "hash": hash_client}[task["work"]])


async def serve(connection):
    task = task_of(connection.path)
    await carry_out(task, connection, {"echo": echo_server, "hash": hash_server}[task["work"]])


async def main():
    loop = asyncio.get_running_loop()
    read_tasks(lambda task: asyncio.run_coroutine_threadsafe(connect(task), loop))
    if sys.argv[1] == "client":
        say({"versions": VERSIONS})
    else:
        server = await websockets.serve(
            serve, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL], compression=None, create_protocol=Protocol, **LIMITS
        )
        say({"versions": VERSIONS, "port": server.sockets[0].getsockname()[1]})
    await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
