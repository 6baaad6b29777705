#!/usr/bin/env python3
"""A broker that takes whatever it is told, and tells of topics that nobody asked for.

Copyright 2026 The Outrigger Authors
SPDX-License-Identifier: Apache-2.0

The argument is a port on 127.0.0.1. It has one client (MQTT 5), which gets three such
messages once it has passed its trial, and runs until it is killed.
"""
import socket
import sys

CONNECT, PUBLISH, SUBSCRIBE, PING = 1, 3, 8, 12
TOPICS = [b"ask", b"x/ask", b"$"]


def packet(first, *parts):
    body = b"".join(parts)
    return bytes([first, len(body)]) + body


def take(stream):
    """Its kind, its flags, and what is in it."""
    first = stream.read(1)
    if not first:
        sys.exit("the client is gone")
    length = shift = 0
    more = True
    while more:
        byte = stream.read(1)[0]
        length |= (byte & 127) << shift
        shift += 7
        more = byte & 128
    return first[0] >> 4, first[0] & 15, stream.read(length)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    client, _ = listener.accept()
    stream = client.makefile("rb")
    while True:
        kind, flags, body = take(stream)
        if kind == CONNECT:
            client.sendall(packet(0x20, b"\0\0\0"))
        elif kind == SUBSCRIBE:
            client.sendall(packet(0x90, body[:2], b"\0\0"))
        elif kind == PING:
            client.sendall(packet(0xd0))
        elif kind == PUBLISH and flags & 6:
            after = 2 + int.from_bytes(body[:2], "big")
            client.sendall(packet(0x40, body[after:after + 2]))
            for topic in TOPICS:
                client.sendall(packet(0x30, len(topic).to_bytes(2, "big"),
                                      topic, b"\0", b"nonsense"))


if __name__ == "__main__":
    main()
