"""Operators' commands: keys shown once, limits set, usage told, tables taken up and down."""

import re

import pytest

from services.cli.operating import open_database
from services.tenants.usage import UsageLedger, Work


@pytest.fixture(autouse=True)
def data_dir(monkeypatch, tmp_path):
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "data"))


def test_new_key_stands_alone_on_standard_output_and_never_again(vitrine):
    made = vitrine("keys", "create", "acme", "--scope", "read", "--label", "shop", "--days", "2")
    [key_id, secret] = re.fullmatch(r"vitrine_([0-9a-f]{12})_(\S{43})\n", made.stdout).groups()
    [listed] = vitrine("keys", "list", "--json").json
    assert (listed["key"], listed["tenant"], listed["label"], listed["scopes"]) == (key_id, "acme", "shop", "read")
    assert listed["works"]
    assert secret not in vitrine("keys", "list").stdout


def test_revoked_key_works_no_longer(vitrine):
    key_id = vitrine("keys", "create", "acme").stdout[8:20]
    assert "within 5 s" in vitrine("keys", "revoke", key_id).stdout
    [listed] = vitrine("keys", "list", "--json").json
    assert not listed["works"]


def test_rotated_key_is_listed_beside_its_successor(vitrine):
    old = vitrine("keys", "create", "acme").stdout[8:20]
    new = vitrine("keys", "rotate", old, "--overlap-days", "0.5").stdout[8:20]
    listed = {each["key"]: each["ends"] for each in vitrine("keys", "list", "--tenant", "acme", "--json").json}
    assert listed[new] == "-"
    assert listed[old] != "-"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "create", "No Good"), "a tenant's name is"),
        (("keys", "create", "acme", "--scope", "all"), "known are create, read, usage"),
        (("keys", "revoke", "0" * 12), "no key of that id"),
        (("tenants", "set", "acme", "--burst", "0"), "a burst is at least 1"),
        (("tenants", "set", "acme", "--weight", "0"), "a weight is above 0"),
        (("database", "downgrade", "0001"), "say --yes"),
        (("database", "downgrade", "77", "--yes"), "no older version '77'"),
    ],
)
def test_faulty_command_is_one_line(vitrine, arguments, said):
    result = vitrine(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_limits_of_a_tenant_are_listed(vitrine):
    vitrine("tenants", "set", "acme", "--rate", "2.5", "--items", "100", "--content-policy")
    vitrine("tenants", "set", "acme", "--items", "-1", "--weight", "3", "--running", "5")
    [listed] = vitrine("tenants", "list", "--json").json
    assert (listed["rate_per_s"], listed["quota_items"], listed["content_policy"]) == (2.5, 0, True)
    assert (listed["job_weight"], listed["job_running"]) == (3, 5)
    assert "acme" in vitrine("tenants", "list").stdout


def test_usage_is_told_as_csv_and_as_a_table(vitrine):
    with open_database() as (database, _), database.transaction() as session:
        UsageLedger().add(session, "acme", "CreateShot", "id", Work(1, 2.5, 10, 20, {"segment": 1.5}))
    head, line = vitrine("usage", "--csv").stdout.splitlines()
    told = dict(zip(head.split(","), line.split(","), strict=True))
    assert (told["tenant"], told["items"], told["megapixels"], told["segment_s"]) == ("acme", "1", "2.500", "1.500")
    assert "acme" in vitrine("usage").stdout
    assert vitrine("usage", "--csv", "--tenant", "other").stdout == f"{head}\n"
    assert vitrine("usage", "--csv", "--from", "2020-01-01", "--to", "2020-02-01").stdout == f"{head}\n"


def test_tables_go_down_and_up(vitrine):
    vitrine("keys", "create", "acme")
    assert "version 0001" in vitrine("database", "downgrade", "0001", "--yes").stdout
    assert "version 0005" in vitrine("database", "upgrade").stdout
    assert len(vitrine("keys", "list", "--json").json) == 1
