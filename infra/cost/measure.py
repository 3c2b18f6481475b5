"""Measures what one order and one hour of a hotel send to the cloud, on a hotel that
`provisioning/local.sh up` runs: measure.py DIR [ORDERS]. Prints JSON for cost.py.

Orders are rows of the hotel's database as device-proxy hands them over, one change at a time, so that
every change travels by itself, which is the most that it can cost. Bytes to the hub are those of its
TCP connections, TLS and HTTP included. Bytes to S3 are those of the objects. The local hotel measures
every five seconds and cuts a batch every two; so its lines are thinned and packed again as in a hotel.
"""

import json
import subprocess
import sys
import threading
import time
import zlib
from collections import defaultdict
from pathlib import Path

import boto3

CHANGES = ("confirmed", "preparing", "ready", "served")
IDLE_S = 300
# A batch leaves a second after a change, and half a second more on a busy machine.
APART_S = 1.6


def sql(socket, text):
    # The cluster's own user asks; as root it is mapped by the name of the Unix user.
    command = [
        "psql",
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        socket,
        "-U",
        "hotel_owner",
        "hotel",
    ]
    subprocess.run(command, input=text, text=True, check=True)


def order(socket, hotel, number):
    """An order of two lines: placed, then changed four times."""
    now, key = int(time.time() * 1000), f"measured-{time.time_ns()}"
    mine = f"'{hotel['tenant']}', '{hotel['property']}'"
    lines = "".join(
        f"INSERT INTO hotel.order_items VALUES ({mine}, '{key}-{line}', '{key}', {line},"
        f" '{item}', '{name}', {quantity}, {price}, '');"
        for line, item, name, quantity, price in (
            (1, "goulash-soup", "Goulash soup with bread", 2, 790),
            (2, "apple-juice", "Apple juice, naturally cloudy, 0.5 l", 2, 420),
        )
    )
    yield (
        f"BEGIN; INSERT INTO hotel.orders VALUES ({mine}, '{key}', {number}, 'table-7',"
        f" 'guest-{number}', 'placed', 'no onions please', 2420, 'EUR', {now}, {now}); {lines} COMMIT;"
    )
    for status in CHANGES:
        yield (
            f"UPDATE hotel.orders SET status = '{status}', changed_at = {int(time.time() * 1000)}"
            f" WHERE id = '{key}' AND tenant = '{hotel['tenant']}';"
        )


class Wire(threading.Thread):
    """Counts bytes sent to and received from a port, over connections that come and go."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.seen = port, {}

    def run(self):
        while True:
            self.look()
            time.sleep(0.5)

    def look(self):
        command = ["ss", "--tcp", "--info", "--no-header", "--oneline", f"dport = :{self.port}"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for words in map(str.split, told.splitlines()):
            figures = dict(word.split(":", 1) for word in words if word.startswith("bytes_"))
            counted = [int(figures.get(name, 0)) for name in ("bytes_sent", "bytes_received")]
            self.seen[words[3]] = counted

    def bytes(self):
        self.look()
        return [sum(counted) for counted in zip(*list(self.seen.values()))]


def difference(after, before):
    return [one - other for one, other in zip(after, before)]


def lines_of(hotel):
    """Every line in the bucket as its stream, its moment, its source and its bytes; and the objects."""
    place = hotel["s3"]
    s3 = boto3.client(
        "s3",
        endpoint_url=place["endpoint"],
        region_name=place["region"],
        aws_access_key_id=place["access_key_id"],
        aws_secret_access_key=place["secret_access_key"],
    )
    lines, objects, size = [], 0, 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=place["bucket"]):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=place["bucket"], Key=entry["Key"])["Body"].read()
            stream = entry["Key"].split("/")[1].removeprefix("stream=")
            for line in zstd("--decompress", body).splitlines(keepends=True):
                record = json.loads(line)["record"]
                source = (
                    record["kind"],
                    record["body"].get("device"),
                    record["body"].get("capability"),
                )
                lines.append((stream, record["at"] // 1000, source, line))
            objects, size = objects + 1, size + len(body)
    return lines, objects, size


def zstd(way, octets):
    command = ["zstd", way, "-3", "-c", "-q"]
    return subprocess.run(command, input=octets, capture_output=True, check=True).stdout


def packed(lines, stream, every_s, window_s):
    """Whole windows of a stream in which each source speaks every so many seconds."""
    moments = [at for of, at, _, _ in lines if of == stream]
    first, last = min(moments) + 60, max(moments)
    windows, heard = defaultdict(list), set()
    for of, at, source, line in sorted(lines, key=lambda line: line[1]):
        window, turn = (at - first) // window_s, (source, (at + hash_of(source)) // every_s)
        if of == stream and 0 <= window < (last - first) // window_s and turn not in heard:
            heard.add(turn)
            windows[window].append(line)
    texts = [b"".join(window) for window in windows.values()]
    return {
        "every_s": every_s,
        "window_s": window_s,
        "windows": len(texts),
        "lines": sum(map(len, windows.values())),
        "plain": sum(map(len, texts)),
        "packed": sum(len(zstd("--compress", text)) for text in texts),
    }


def hash_of(source):
    """Devices do not speak all at once."""
    return zlib.crc32(repr(source).encode())


def main():
    directory, orders = Path(sys.argv[1]), int((sys.argv[2:] or ["20"])[0])
    hotel = json.loads((directory / "hotel.json").read_text(encoding="utf-8"))
    socket, hub = hotel["databases"]["postgres"], hotel["cloud_hub"]["port"]
    wire = Wire(hub)
    wire.start()
    before = wire.bytes()
    time.sleep(IDLE_S)
    idle = difference(wire.bytes(), before)
    before, began = wire.bytes(), time.monotonic()
    for number in range(1, orders + 1):
        for change in order(socket, hotel, number):
            sql(socket, change)
            time.sleep(APART_S)
    took = time.monotonic() - began
    busy = difference(wire.bytes(), before)
    lines, objects, size = lines_of(hotel)
    sources = {source for stream, _, source, _ in lines if stream == "p2"}
    rhythms = ((5, 60), (60, 60), (60, 900), (300, 900))
    told = {
        "hub": {
            "idle_seconds": IDLE_S,
            "idle_sent": idle[0],
            "idle_received": idle[1],
            "orders": orders,
            "seconds": round(took),
            "sent": busy[0],
            "received": busy[1],
        },
        "s3": {
            "objects": objects,
            "bytes": size,
            "sources": len(sources),
            "p2": [packed(lines, "p2", *rhythm) for rhythm in rhythms],
        },
        "database": {"dump_packed": dump(socket)},
    }
    print(json.dumps(told, indent=2))


def dump(socket):
    """Size of a packed backup of the hotel's database."""
    command = ["pg_dump", "-h", socket, "-U", "hotel_owner", "hotel"]
    return len(zstd("--compress", subprocess.run(command, capture_output=True, check=True).stdout))


if __name__ == "__main__":
    main()
