"""Free ports of this machine."""

import socket


class ServerFault(Exception):
    """A server of ours could not be made ready; the message says what to do."""


class PortTaken(ServerFault):
    """The port that was asked for is in use."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_or_free(port: int, *, setting: str) -> int:
    """The port that is set, or a free one; PortTaken where somebody listens there already."""
    if not port:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"port {port} is not to be had ({error.strerror}): set {setting} to another, or to 0 for a free one"
            ) from None
    return port


def listening(host: str, port: int, *, setting: str) -> socket.socket:
    """An open socket; PortTaken where somebody listens there already."""
    try:
        opened = socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise PortTaken(
            f"{host}:{port} is not to be had ({error.strerror}): set {setting} to another, or to 0 for a free one"
        ) from None
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer in two parts waits 40 ms for an ACK
    return opened


def is_open(address: str) -> bool:
    """Whether somebody answers at host:port. Kafka opens its port when it is ready to serve."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
