"""The peer: websockets, on asyncio."""

import asyncio
import hashlib
import os
import sys

import websockets

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


async def echo_client(task, connection, report):
    await send(task, connection, report, create_message(task))
    report["received"] = describe_message(await connection.recv())


async def echo_server(task, connection, report):
    data = await connection.recv()
    report["received"] = describe_message(data)
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


async def connect(task):
    try:
        connection = await websockets.connect(task["url"], subprotocols=task["subprotocols"] or None, **LIMITS)
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
        server = await websockets.serve(serve, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL], **LIMITS)
        say({"versions": VERSIONS, "port": server.sockets[0].getsockname()[1]})
    await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
