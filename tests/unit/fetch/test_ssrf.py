"""Ways to make the service ask where it should not: none of them leads to a connection."""

import asyncio
import socket
import threading
from types import SimpleNamespace

import pytest
from httpcore import AnyIOBackend, ConnectError

from services.common.errors import InvalidInput
from services.common.settings import FetchSettings
from services.fetch.address import literal
from services.fetch.backend import GuardedBackend, Refused, system_resolver
from services.fetch.https import HttpsFetcher
from tests.support.tls_files import TlsFiles

#: What follows the scheme: to some reader of addresses, this machine, a private network or a cloud's metadata.
TRICKS = {
    "loopback": "127.0.0.1/",
    "loopback elsewhere": "127.8.9.10/",
    "unspecified": "0.0.0.0/",
    "zero": "0/",
    "short": "127.1/",
    "shorter": "10.1/",
    "decimal": "2130706433/",
    "octal": "0177.0.0.1/",
    "octal whole": "017700000001/",
    "hex": "0x7f.0.0.1/",
    "hex whole": "0x7f000001/",
    "mixed bases": "0x7f.0.1/",
    "leading zeros": "127.000.000.001/",
    "overflow": "383.0.0.1/",
    "percent-encoded": "127%2e0.0.1/",
    "encoded name": "%6c%6f%63alhost/",
    "full-width digits": "\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "circled digits": "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "ideographic stop": "127\u30020\u30020\u30021/",
    "soft hyphen": "127.0.0.\xad1/",
    "zero-width space": "local\u200bhost/",
    "localhost": "localhost/",
    "upper case": "LOCALHOST/",
    "trailing dot": "localhost./",
    "address with a dot": "127.0.0.1./",
    "sub-domain of localhost": "a.localhost/",
    "single label": "intranet/",
    "private 10": "10.0.0.1/",
    "private 172": "172.16.0.1/",
    "private 192": "192.168.0.1/",
    "shared": "100.64.0.1/",
    "metadata": "169.254.169.254/latest/",
    "Alibaba's metadata": "100.100.100.200/",
    "Azure's host": "168.63.129.16/",
    "metadata by name": "metadata/",
    "broadcast": "255.255.255.255/",
    "multicast": "224.0.0.1/",
    "reserved": "240.0.0.1/",
    "IPv6 loopback": "[::1]/",
    "IPv6 unspecified": "[::]/",
    "IPv6 long": "[0:0:0:0:0:0:0:1]/",
    "mapped": "[::ffff:127.0.0.1]/",
    "mapped hex": "[::ffff:7f00:1]/",
    "mapped metadata": "[::ffff:a9fe:a9fe]/",
    "compatible": "[::127.0.0.1]/",
    "NAT64": "[64:ff9b::7f00:1]/",
    "6to4": "[2002:7f00:1::]/",
    "Teredo": "[2001:0:7f00:1::]/",
    "link-local": "[fe80::1]/",
    "scope": "[fe80::1%25eth0]/",
    "unique local": "[fd00:ec2::254]/",
    "IPv6 multicast": "[ff02::1]/",
    "user name": "example.com@127.0.0.1/",
    "user and password": "a:b@example.com/",
    "empty user": "@127.0.0.1/",
    "encoded at": "example.com%40127.0.0.1/",
    "backslash": "example.com\\@127.0.0.1/",
    "fragment": "127.0.0.1#@example.com/",
    "query": "127.0.0.1?@example.com/",
    "two hosts": "example.com:443@127.0.0.1:443/",
    "line break": "127.0.0.1\r\nHost: a/",
    "tab": "127.\t0.0.1/",
    "space": " 127.0.0.1/",
    "other port": "example.com:22/",
    "port zero": "example.com:0/",
    "huge port": "example.com:65979/",
    "no host": "/etc/passwd",
    "three slashes": "/127.0.0.1/",
}

SCHEMES = ["http://a.example/", "file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "dict://a.example/",
           "data:image/png;base64,AA", "//a.example/", "a.example/x.png", "jar:https://a.example!/", "https:a.example",
           "unix:///run/docker.sock", "", "https://", "s3://bucket/key", "HTTPS+UNIX://a"]  # fmt: skip

#: What a name of a caller's own may resolve to.
ANSWERS = [["127.0.0.1"], ["169.254.169.254"], ["10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"],
           ["93.184.215.14", "127.0.0.1"], ["fe80::1%eth0"], ["0.0.0.1"], ["2002:a00:1::1"], []]  # fmt: skip


class Recorded:
    """A resolver with a list of answers, the last for ever, that notes what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, host, port):
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def credulous(host, port):
    """A resolver to which every name but this machine's own is public, so that only our own checks can refuse it."""
    if literal(host) or host == "photos.example":
        return [host if literal(host) else "127.0.0.1"]
    return ["127.0.0.1" if host.endswith("localhost") else "93.184.215.14"]


@pytest.fixture
def connected(monkeypatch):
    """Where connections would have gone that are not to `outside`; none is made."""
    went, connect = [], AnyIOBackend.connect_tcp

    async def watched(self, host, port, *rest):
        if (host, port) == ("127.0.0.1", watched.allowed):
            return await connect(self, host, port, *rest)
        went.append((host, port))
        raise ConnectError

    watched.allowed = None
    monkeypatch.setattr(AnyIOBackend, "connect_tcp", watched)
    return SimpleNamespace(went=went, allow=lambda port: setattr(watched, "allowed", port))


@pytest.fixture
def canary():
    """A port on every loopback address, and who came."""
    came = []
    with socket.create_server(("", 0)) as listener:

        def accept():
            while True:
                try:
                    connection, peer = listener.accept()
                except OSError:
                    return
                came.append(peer)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], came
        listener.shutdown(socket.SHUT_RDWR)


def fetcher(resolve, **settings):
    return HttpsFetcher(FetchSettings(**settings), max_bytes=1000, resolve=resolve)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
async def test_address_that_leads_inside_is_refused_before_it_is_connected_to(trick, scheme, connected):
    with pytest.raises(InvalidInput):
        await fetcher(credulous, allow_http=True).fetch(f"{scheme}://{trick}")
    assert connected.went == []


async def test_plain_address_is_connected_to(connected):
    """What shows that the other tests could fail."""
    with pytest.raises(InvalidInput, match="does not answer"):
        await fetcher(credulous).fetch("https://images.example.com/cup.jpg")
    assert connected.went == [("93.184.215.14", 443)]


@pytest.mark.parametrize("url", SCHEMES)
async def test_other_scheme_is_refused_before_a_name_is_resolved(url):
    resolve = Recorded(["93.184.215.14"])
    with pytest.raises(InvalidInput):
        await fetcher(resolve).fetch(url)
    assert resolve.asked == []


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: "+".join(answer) or "none")
async def test_public_name_with_a_private_address_is_not_told_from_one_that_does_not_exist(answer):
    async def unknown(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    with pytest.raises(InvalidInput) as private:
        await fetcher(Recorded(answer)).fetch("https://rebind.example/")
    with pytest.raises(InvalidInput) as absent:
        await fetcher(unknown).fetch("https://absent.example/")
    assert (private.value.message, private.value.details) == (absent.value.message, absent.value.details)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "0"])
async def test_connection_is_refused_to_whatever_the_system_takes_for_this_machine(host, canary):
    """The second lock: it would hold if the first, the reading of addresses, were open."""
    port, came = canary
    with pytest.raises(Refused):
        await GuardedBackend([], system_resolver).connect_tcp(host, port)
    assert came == []


async def test_name_that_changes_its_address_is_connected_to_as_it_was_checked(canary):
    """Were the name resolved again for the connection, it would lead to the canary."""
    port, came = canary
    resolve = Recorded(["198.51.100.1"], ["127.0.0.1"])
    backend = GuardedBackend([], resolve)
    with pytest.raises(Refused):
        await backend.connect_tcp("rebind.example", port)
    assert (resolve.asked, came) == (["rebind.example"], [])


async def test_checked_address_is_the_one_that_is_connected_to(monkeypatch):
    connected = []

    async def connect(self, host, *_):
        connected.append(host)
        raise OSError

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connect)
    resolve = Recorded(["93.184.215.14"], ["127.0.0.1"])
    with pytest.raises(OSError):  # noqa: PT011 - the fake's own
        await GuardedBackend([], resolve).connect_tcp("rebind.example", 443)
    assert (connected, len(resolve.asked)) == (["93.184.215.14"], 1)


@pytest.mark.parametrize("trick", [*TRICKS.values(), "localhost/"], ids=[*TRICKS, "again"])
async def test_redirect_inside_is_refused(outside, connected, trick):
    outside.redirect_to = f"https://{trick}".encode("ascii", "ignore").decode().replace("\r\n", "%0d%0a")
    await refused(outside, connected)


@pytest.mark.parametrize("location", [*SCHEMES[:6], "http://photos.example/", "//127.0.0.1/", "\\\\127.0.0.1\\"])
async def test_redirect_to_less_than_https_is_refused(outside, connected, location):
    outside.redirect_to = location
    await refused(outside, connected)


async def test_redirect_to_a_name_with_a_private_address_is_refused(outside, connected):
    outside.redirect_to = "https://rebind.localhost/"
    await refused(outside, connected)


@pytest.fixture(scope="module")
def server():
    with TlsFiles(b"a photo", "photos.example") as files:
        yield files


@pytest.fixture
def outside(server):
    """A server on this machine that is taken for one outside."""
    server.redirect_to, server.requests = None, []
    return server


async def refused(server, connected):
    """Nothing is asked but the one server, once, and no other connection is made."""
    connected.allow(server.port)
    settings = FetchSettings(trusted_hosts=[f"photos.example:{server.port}"])
    with pytest.raises(InvalidInput):
        await asyncio.wait_for(HttpsFetcher(settings, 1000, server.trust, credulous).fetch(server.url), 60)
    assert (len(server.requests), connected.went) == (1, [])
