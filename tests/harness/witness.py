"""Counts marks in the packets of one port, on the loopback device, and knows nothing of the harness but their columns.

    witness.py PORT     prints `ready`; at the end of its input it prints one JSON document and ends

A mark is `#hRRRR.SSSSSS.NNNNNNNN.` and so on, 63 bytes (src/ledger/mark.rs): run, stream, number. It is *sent* in a segment
to the port and *delivered* in one from it; a segment that was seen before is passed over.
"""

import json
import re
import select
import socket
import struct
import sys

SOL_PACKET, PACKET_STATISTICS, SO_TIMESTAMPNS = 263, 6, 35
PACKET_OUTGOING = 4
MARK = re.compile(rb"#h([0-9a-f]{4})\.([0-9a-f]{6})\.([0-9a-f]{8})\.[0-9a-f.]{40}")


def main(port):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    tap.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE: nothing may be dropped
    tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    tap.bind(("lo", 0))
    print("ready", flush=True)
    streams, sent, delivered, ended = {}, {}, {}, False
    while True:
        readable, _, _ = select.select([tap] if ended else [tap, sys.stdin], [], [], 0.2)
        if sys.stdin in readable and not sys.stdin.readline():
            ended = True
        if tap in readable:
            packet, extra, _, address = tap.recvmsg(1 << 17, 64)
            # The loopback device shows each packet going out and coming in.
            if address[2] != PACKET_OUTGOING:
                look(packet, when(extra), port, streams, sent, delivered)
        elif ended:
            break
    _, dropped = struct.unpack("II", tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    latencies = sorted(times[0] - sent[mark][0] for mark, times in delivered.items() if mark in sent)
    print(json.dumps({
        "dropped": dropped,
        "sent": sum(map(len, sent.values())),
        "delivered": sum(map(len, delivered.values())),
        "delivered_once": sum(len(times) == 1 for times in delivered.values()),
        "lost": sum(mark not in delivered for mark in sent),
        "p50_us": quantile(latencies, 0.5),
        "p99_us": quantile(latencies, 0.99),
    }), flush=True)


def when(extra):
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanos = struct.unpack("qq", data[:16])
            return seconds * 1_000_000_000 + nanos
    sys.exit("the kernel gave no time")


def look(packet, at_ns, port, streams, sent, delivered):
    if packet[23] != socket.IPPROTO_TCP:
        return
    tcp = 14 + (packet[14] & 15) * 4
    source, target, number = struct.unpack_from("!HHI", packet, tcp)
    if port not in (source, target):
        return
    end = 14 + struct.unpack_from("!H", packet, 16)[0]
    payload = packet[tcp + (packet[tcp + 12] >> 4) * 4:end]
    if not payload:
        return
    # In order and without loss on this device; what begins below the expected number was seen before.
    tail, expected = streams.get((source, target), (b"", number))
    seen = (expected - number) & 0xFFFFFFFF
    if seen >= 1 << 31:
        sys.exit(f"the capture has a gap before {number}")
    payload = payload[seen:]
    marks = sent if target == port else delivered
    text, last = tail + payload, 0
    for found in MARK.finditer(text):
        marks.setdefault(found.groups(), []).append(at_ns)
        last = found.end()
    # A mark may be cut by the end of a segment.
    streams[source, target] = text[max(last, len(text) - 62):], (expected + len(payload)) & 0xFFFFFFFF


def quantile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] / 1000 if values else None


main(int(sys.argv[1]))
