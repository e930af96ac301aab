"""The convention of peers/convention.ts, for programs in Python."""

import hashlib
import json
import os
import platform
import sys
import threading
from urllib.parse import parse_qs, urlsplit

SUBPROTOCOL = "millrace.interop"

PYTHON = {"Python": platform.python_version()}


def say(line):
    """Writes a line for the harness."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def read_tasks(on_task):
    """Calls on_task, in another thread, for each task that the harness writes; ends the program with its input."""

    def read():
        for line in sys.stdin:
            on_task(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()


def task_of(url):
    """The task that a client brings in the query of its URL."""
    return json.loads(parse_qs(urlsplit(url).query)["task"][0])


def create_message(task):
    """The message that a client sends: str or bytes."""
    unit, size = task["unit"], task["size"]
    encoding = "latin-1" if task["binary"] else "utf-8"
    count, rest = divmod(size, len(unit.encode(encoding)))
    text = unit * count + "x" * rest
    return text.encode(encoding) if task["binary"] else text


def describe_message(data):
    """What a report says of a message."""
    payload = data.encode() if isinstance(data, str) else data
    return {"binary": not isinstance(data, str), "size": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}


def cut(data, count):
    """Cuts a str or bytes into so many pieces of about the same size."""
    ends = [index * len(data) // count for index in range(count + 1)]
    return [data[start:end] for start, end in zip(ends, ends[1:])]
