"""Where the exchange sends on a member's word: to the public Internet, and nowhere else."""

import pytest

from exchange.journeys.allowed_address import AddressNotAllowed, Allowed, Place, allowed_address, read_place

PUBLIC = Allowed()
AT_HOME = Allowed(loopback_http=True)
PRIVATE = Allowed(private=True)
SOMEWHERE = Place(True, "notices.example", 443, "/hook")


def resolving_to(*addresses: str):
    return lambda host, port: list(addresses)


def test_the_parts_of_an_address_are_read():
    assert read_place("https://notices.example/hook?a=b", PUBLIC) == Place(True, "notices.example", 443, "/hook?a=b")
    assert read_place("https://notices.example:8443", PUBLIC) == Place(True, "notices.example", 8443, "/")


@pytest.mark.parametrize(
    "url",
    [
        "", "notices.example", "//notices.example/", "http://notices.example/", "ftp://notices.example/",
        "file:///etc/passwd", "https://", "https:///hook", "https://user@notices.example/",
        "https://user:word@notices.example/", "https://notices.example/#part", "https://notices.example:99999/",
        "https://notices.example/a b", "https://notices.example/\r\nHost: other", "https://ünicode.example/",
        "https://notices.example/" + "a" * 2_000, "javascript:alert(1)", "https://[::1", "http://127.0.0.1/",
        "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://169.254.169.254/", "https://0.0.0.0/",
        "https://[::ffff:10.0.0.1]/", "https://[fe80::1]/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_not_public_is_not_taken(url):
    with pytest.raises(AddressNotAllowed):
        read_place(url, PUBLIC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::",
    ],
)  # fmt: skip
def test_a_name_that_leads_into_a_network_of_ours_is_not_followed(address):
    with pytest.raises(AddressNotAllowed):
        allowed_address(SOMEWHERE, PUBLIC, resolving_to(address))
    with pytest.raises(AddressNotAllowed):
        allowed_address(SOMEWHERE, PUBLIC, resolving_to("93.184.216.34", address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_a_public_address_is_followed_as_it_was_found(address):
    assert allowed_address(SOMEWHERE, PUBLIC, resolving_to(address)) == address


def test_a_name_without_an_address_is_not_followed():
    with pytest.raises(AddressNotAllowed):
        allowed_address(SOMEWHERE, PUBLIC, resolving_to())


def test_plain_http_is_for_this_machine_alone_and_only_in_a_demonstration():
    here = read_place("http://localhost:9000/hook", AT_HOME)
    assert allowed_address(here, AT_HOME, resolving_to("127.0.0.1")) == "127.0.0.1"
    with pytest.raises(AddressNotAllowed):
        allowed_address(here, AT_HOME, resolving_to("93.184.216.34"))
    for url in ("http://notices.example/", "http://10.0.0.1/", "http://169.254.169.254/"):
        with pytest.raises(AddressNotAllowed):
            read_place(url, AT_HOME)


def test_private_networks_are_reached_only_where_the_operator_says_so():
    for address in ("10.1.2.3", "192.168.1.1", "fc00::1"):
        assert allowed_address(SOMEWHERE, PRIVATE, resolving_to(address)) == address
    for address in ("224.0.0.1", "0.0.0.0", "::", "127.0.0.1", "::1", "169.254.169.254", "fe80::1", "::ffff:127.0.0.1"):
        with pytest.raises(AddressNotAllowed):
            allowed_address(SOMEWHERE, PRIVATE, resolving_to(address))
