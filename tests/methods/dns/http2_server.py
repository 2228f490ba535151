"""As much of an HTTP/2 server as a test of DNS over HTTPS needs; header fields are read by libnghttp2 itself."""
import base64
import ctypes
import ctypes.util
import struct

from support import Skip

DATA, HEADERS, SETTINGS, PING, GOAWAY, RESET = 0, 1, 4, 6, 7, 3
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class NameValue(ctypes.Structure):
    _fields_ = [("name", ctypes.POINTER(ctypes.c_uint8)), ("value", ctypes.POINTER(ctypes.c_uint8)),
                ("name_size", ctypes.c_size_t), ("value_size", ctypes.c_size_t), ("flags", ctypes.c_uint8)]


class Inflater:
    """HPACK (RFC 7541), with its state."""

    def __init__(self):
        name = ctypes.util.find_library("nghttp2")
        if not name:
            raise Skip("there is no libnghttp2 here")
        self.library = ctypes.CDLL(name)
        self.library.nghttp2_hd_inflate_hd2.restype = ctypes.c_ssize_t
        self.inflater = ctypes.c_void_p()
        self.library.nghttp2_hd_inflate_new(ctypes.byref(self.inflater))

    def fields(self, block):
        found = {}
        buffer, at, field, flags = ctypes.create_string_buffer(block, len(block)), 0, NameValue(), ctypes.c_int()
        while True:
            left = ctypes.cast(ctypes.byref(buffer, at), ctypes.POINTER(ctypes.c_uint8))
            size = self.library.nghttp2_hd_inflate_hd2(self.inflater, ctypes.byref(field), ctypes.byref(flags), left,
                                                       ctypes.c_size_t(len(block) - at), 1)
            assert size >= 0, size
            at += size
            if flags.value & 2:
                found[ctypes.string_at(field.name, field.name_size).decode()] = ctypes.string_at(
                    field.value, field.value_size).decode()
            if flags.value & 1:
                self.library.nghttp2_hd_inflate_end_headers(self.inflater)
                return found


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def literal(name, value):
    """A header field without any compression."""
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def response(stream, message, status="200", kind="application/dns-message"):
    head = literal(":status", status) + literal("content-type", kind)
    return frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, END_STREAM, stream, message)


def exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("the client has gone")
        data += part
    return data


def serve(connection, behave):
    """Calls behave(connection, stream, query, fields) for each request, with the DNS message that it carries."""
    assert exactly(connection, len(PREFACE)) == PREFACE
    connection.sendall(frame(SETTINGS, 0, 0))
    inflater, requests = Inflater(), {}
    while True:
        head = exactly(connection, 9)
        size, (kind, flags, stream) = int.from_bytes(head[:3], "big"), struct.unpack("!BBI", head[3:])
        payload = exactly(connection, size)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0))
        elif kind == HEADERS:
            requests[stream] = [inflater.fields(payload[5:] if flags & 0x20 else payload), b""]
        elif kind == DATA:
            requests[stream][1] += payload
        elif kind == GOAWAY:
            return
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            fields, query = requests.pop(stream)
            if fields[":method"] == "GET":
                text = fields[":path"].split("?dns=")[1]
                query = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            behave(connection, stream, query, fields)
