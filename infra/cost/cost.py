"""What a hotel costs in the cloud, from measured bytes: cost.py prints the tables of docs/cost.md.

Everything that enters stands here: prices, what was measured (measured.json, by measure.py) and what
is assumed of a hotel. A test compares the page with what this prints.
"""

import json
from pathlib import Path

# Dollars, list prices of us-east-1, noted 2026-11-21.
PRICE = {
    "s3_put": 0.005 / 1000,  # a request, also one that lists
    "s3_gb_month": 0.023,
    "out_gb": 0.09,  # to the internet; in is free
    "nlb_hour": 0.0225,
    "nlb_gb": 0.006,  # a capacity unit takes 1 GB an hour
    "address_hour": 0.005,  # of IPv4
    "fargate_cpu_hour": 0.03238,  # ARM
    "fargate_gb_hour": 0.00356,
    "aurora_unit_hour": 0.12,  # 2 GiB and their processor
    "aurora_gb_month": 0.10,
    "secret_month": 0.40,
    "alarm_month": 0.10,
    "metric_month": 0.30,
    "log_gb": 0.50,
    "greengrass_core_month": 0.16,
    "iot_minute": 0.08 / 1_000_000,  # of a connection
}
HOURS, DAYS, GB = 730, 30, 10**9

# A hotel: what is assumed of it.
# How long a fleet's batches wait for company, as `infra/deployment.yaml` has it.
WINDOW_S = 900
HOTEL = {
    "rooms": 50,
    "orders_a_day": 200,
    "every_s": 300,  # between two measurements of a device
    "kept_days": 90,  # MeasurementDays of data.yaml
    "streams": 3,  # p0, p1 and p2 have something to say in most windows
    "backups_kept": 35,  # BackupDays of data.yaml, one a day
    "rooms_measured": 20,
}
# What hotels share, by how many there are; beyond the first line assumed, not measured.
SIZES = (
    # hotels, hubs, processors, GB, capacity units of the database on average
    (1, 1, 0.25, 0.5, 0.5),
    (10, 1, 0.25, 0.5, 0.5),
    (100, 1, 0.5, 1.0, 1.0),
    (1000, 2, 1.0, 2.0, 4.0),
)
TARGETS = (
    ("what a hotel without a box was reckoned at", 6.00),
    ("the same with AWS IoT Core and its backups", 18.00),
)


def measured():
    text = (Path(__file__).parent / "measured.json").read_text(encoding="utf-8")
    return json.loads(text)


def rhythm(told, every_s, window_s):
    for one in told["s3"]["p2"]:
        if (one["every_s"], one["window_s"]) == (every_s, window_s):
            return one
    raise SystemExit(f"{every_s} s in windows of {window_s} s was not measured")


def traffic(told):
    """Bytes of an order, and of a day without any."""
    hub = told["hub"]
    per_second = {way: hub[f"idle_{way}"] / hub["idle_seconds"] for way in ("sent", "received")}
    order = {
        way: (hub[way] - per_second[way] * hub["seconds"]) / hub["orders"] for way in per_second
    }
    day = {way: rate * 86_400 for way, rate in per_second.items()}
    return order, day


def own(told, window_s):
    """What one hotel costs by itself in a month, line by line."""
    order, day = traffic(told)
    window = rhythm(told, HOTEL["every_s"], window_s)
    sources = told["s3"]["sources"] / HOTEL["rooms_measured"] * HOTEL["rooms"]
    lines = sources * 86_400 / HOTEL["every_s"]
    stored = lines * window["packed"] / window["lines"]
    puts = HOTEL["streams"] * 86_400 / window_s
    down = day["received"] + HOTEL["orders_a_day"] * order["received"]
    both = down + day["sent"] + HOTEL["orders_a_day"] * order["sent"]
    backup = told["database"]["dump_packed"] * HOTEL["backups_kept"]
    return [
        ("requests to S3", puts * DAYS * PRICE["s3_put"]),
        ("measurements kept in S3", stored * HOTEL["kept_days"] / GB * PRICE["s3_gb_month"]),
        ("backups kept in S3", backup / GB * PRICE["s3_gb_month"]),
        ("bytes from the hub to the box", down * DAYS / GB * PRICE["out_gb"]),
        ("bytes through the balancer", both * DAYS / GB * PRICE["nlb_gb"]),
        (
            "a year's rows in the database",
            order["sent"] * HOTEL["orders_a_day"] * 365 / GB * PRICE["aurora_gb_month"],
        ),
        ("connection to AWS IoT", 60 * HOURS * PRICE["iot_minute"]),
        ("Greengrass core device", PRICE["greengrass_core_month"]),
    ]


def shared(hotels, hubs, processors, memory, units):
    """What all hotels pay together in a month, line by line."""

    def tasks(count, processors, memory):
        return (
            count
            * HOURS
            * (processors * PRICE["fargate_cpu_hour"] + memory * PRICE["fargate_gb_hour"])
        )

    addresses = hubs + 1 + 2
    # Each task lists the hotels that are served once a minute, a thousand in a request.
    lists = (hubs + 1) * 1440 * DAYS * -(-hotels // 1000)
    return [
        ("database", HOURS * units * PRICE["aurora_unit_hour"]),
        ("balancer", HOURS * PRICE["nlb_hour"]),
        ("addresses of tasks and balancer", addresses * HOURS * PRICE["address_hour"]),
        ("hubs", tasks(hubs, processors, memory)),
        ("signaling", tasks(1, 0.25, 0.5)),
        ("lists of hotels", lists * PRICE["s3_put"]),
        (
            "secrets, alarms, metrics, logs",
            2 * PRICE["secret_month"]
            + 8 * PRICE["alarm_month"]
            + 3 * PRICE["metric_month"]
            + 1 * PRICE["log_gb"],
        ),
    ]


def total(lines):
    return sum(dollars for _, dollars in lines)


def hotels_for(dollars, window_s=WINDOW_S):
    """From how many hotels on one of them costs no more, with the smallest of everything."""
    each = dollars - total(own(measured(), window_s))
    return -(-total(shared(*SIZES[0])) // each)


def tables():
    told = measured()
    order, day = traffic(told)
    kb = lambda octets: f"{octets / 1000:.1f} KB"
    yield "| measured | bytes |\n|---|---|"
    yield f"| an order and its four changes, to the hub | {kb(order['sent'])} |"
    yield f"| the hub's answers to it | {kb(order['received'])} |"
    yield f"| a day of a connection without orders, both ways | {kb(day['sent'] + day['received'])} |"
    yield f"| the hotel's database, dumped and packed | {kb(told['database']['dump_packed'])} |"
    yield ""
    yield "| each device measures every | batches leave every | lines in a batch | bytes of a line | packed |\n|---|---|---|---|---|"
    for one in told["s3"]["p2"]:
        plain, packed = one["plain"] / one["lines"], one["packed"] / one["lines"]
        yield (
            f"| {one['every_s']} s | {one['window_s']} s | {one['lines'] / one['windows']:.0f} |"
            f" {plain:.0f} | {packed:.1f} |"
        )
    yield ""
    yield "| of one hotel, a month | batches every 15 min | batches every minute |\n|---|---|---|"
    quarter, minute = own(told, WINDOW_S), dict(own_at_a_minute(told))
    for name, dollars in quarter:
        yield f"| {name} | ${dollars:.4f} | ${minute[name]:.4f} |"
    data = [
        line
        for line in quarter
        if line[0] not in ("Greengrass core device", "connection to AWS IoT")
    ]
    yield f"| **data alone** | **${total(data):.2f}** | **${total(minute.items()) - total(quarter) + total(data):.2f}** |"
    yield f"| **all** | **${total(quarter):.2f}** | **${total(minute.items()):.2f}** |"
    yield ""
    yield (
        "| of all hotels, a month | "
        + " | ".join(f"{size[0]:,} hotel{'s' if size[0] > 1 else ''}" for size in SIZES)
        + " |"
    )
    yield "|---|" + "---|" * len(SIZES)
    columns = [dict(shared(*size)) for size in SIZES]
    for name in columns[0]:
        yield f"| {name} | " + " | ".join(f"${column[name]:.2f}" for column in columns) + " |"
    sums = [total(column.items()) for column in columns]
    yield "| **shared** | " + " | ".join(f"**${dollars:.2f}**" for dollars in sums) + " |"
    each = [dollars / size[0] + total(quarter) for dollars, size in zip(sums, SIZES)]
    yield (
        "| **for each hotel, with its own** | "
        + " | ".join(f"**${dollars:.2f}**" for dollars in each)
        + " |"
    )
    yield ""
    yield "| a hotel costs no more than | from |\n|---|---|"
    for name, dollars in TARGETS:
        yield f"| ${dollars:.2f}, {name} | {hotels_for(dollars):.0f} hotels |"


def own_at_a_minute(told):
    """Likewise, with requests by the minute; what is packed in small pieces is a little larger."""
    lines = dict(own(told, WINDOW_S))
    lines["requests to S3"] = HOTEL["streams"] * 1440 * DAYS * PRICE["s3_put"]
    small = rhythm(told, 60, 60)
    large = rhythm(told, 60, WINDOW_S)
    ratio = (small["packed"] / small["lines"]) / (large["packed"] / large["lines"])
    lines["measurements kept in S3"] *= ratio
    return lines.items()


if __name__ == "__main__":
    print("\n".join(tables()))
