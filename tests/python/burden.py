"""Burdens HTTP listeners with what they must not carry: burden.py < PLAN. Prints, as JSON, the status of
each burden at each door, and whether the door still answers while readers and writers are slow.

The plan: {"doors": [{"name", "host", "port", "tls", "path", "certificate"}]}.
"""

import json
import socket
import ssl
import sys

LARGE = 100 * 1024 * 1024
SLOW = 200
WAIT_S = 30


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


def main():
    told = {}
    for door in json.load(sys.stdin)["doors"]:
        piece, deep = b"x" * (1024 * 1024), b"[" * 2_000 + b"]" * 2_000
        told[door["name"]] = {
            "large": send(door, LARGE, (piece for _ in range(LARGE // len(piece)))),
            "deep": send(door, len(deep), [deep]),
            "slow": slowly(door),
        }
    json.dump(told, sys.stdout)


main()
