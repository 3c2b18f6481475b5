"""Burdens HTTP listeners with what they must not carry: burden.py < PLAN. Prints, as JSON, the status of
each burden at each door, whether the door still answers while readers and writers are slow, and for how
many seconds it keeps a connection that says nothing, or says it drop by drop.

The plan: {"doors": [{"name", "host", "port", "tls", "path", "certificate"}]}.
"""

import json
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor

LARGE = 100 * 1024 * 1024
SLOW = 200
WAIT_S = 30
PATIENCE_S = 90


def connect(door):
    plain = socket.create_connection((door["host"], door["port"]), WAIT_S)
    if not door["tls"]:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if door.get("certificate"):
        context.load_cert_chain(*door["certificate"])
    return context.wrap_socket(plain, server_hostname="greengrass.local")


def head(door, length, method="POST"):
    return (
        f"{method} {door['path']} HTTP/1.1\r\nHost: greengrass.local\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def status(stream):
    answer = stream.recv(4096)
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else None


def send(door, length, pieces):
    """The status, and how much was taken before the door said it or ended the connection."""
    taken = 0
    with connect(door) as stream:
        try:
            stream.sendall(head(door, length))
            for piece in pieces:
                stream.sendall(piece)
                taken += len(piece)
        except OSError:
            pass
        try:
            return {"status": status(stream), "taken": taken}
        except OSError:
            return {"status": None, "taken": taken}


def slowly(door):
    """Holds many connections that say half a question or read no answer; whether others are served."""
    held = []
    try:
        for number in range(SLOW):
            stream = connect(door)
            question = head(door, 2, "POST") if number % 2 else head(door, 0)[:20]
            stream.sendall(question)
            held.append(stream)
        with connect(door) as stream:
            stream.sendall(head(door, 2) + b"{}")
            return status(stream)
    finally:
        for stream in held:
            stream.close()


def held(door, begin, drops):
    """For how long the door keeps a connection on which this was said, and a drop each second."""
    with connect(door) as stream:
        started = time.monotonic()
        stream.settimeout(1)
        try:
            stream.sendall(begin)
            while time.monotonic() - started < PATIENCE_S:
                try:
                    if not stream.recv(4096):
                        break
                except TimeoutError:
                    stream.sendall(drops)
            else:
                return None
        except OSError:
            pass
        return time.monotonic() - started


def silently(doors):
    """All doors at once, in three ways each."""
    ways = {
        "nothing": lambda door: held(door, b"", b""),
        "half a head": lambda door: held(door, head(door, 0)[:20], b"x"),
        "half a body": lambda door: held(door, head(door, 4000), b"x"),
    }
    with ThreadPoolExecutor(len(doors) * len(ways)) as pool:
        waiting = {
            door["name"]: {way: pool.submit(wait, door) for way, wait in ways.items()} for door in doors
        }
        return {
            name: {way: wait.result() for way, wait in waits.items()} for name, waits in waiting.items()
        }


def main():
    told = {}
    doors = json.load(sys.stdin)["doors"]
    kept = silently(doors)
    for door in doors:
        piece, deep = b"x" * (1024 * 1024), b"[" * 2_000 + b"]" * 2_000
        told[door["name"]] = {
            "large": send(door, LARGE, (piece for _ in range(LARGE // len(piece)))),
            "deep": send(door, len(deep), [deep]),
            "slow": slowly(door),
            "held": kept[door["name"]],
        }
    json.dump(told, sys.stdout)


main()
