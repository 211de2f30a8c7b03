"""Whatever happens to a stored engine, a wrong one is never served."""

import json
import subprocess
import sys

import pytest

from services.common.errors import ModelUnavailable, StorageUnavailable
from services.generate.engine.manifest import Manifest
from services.generate.engine.shared import SharedEngines
from services.generate.engine.store import EngineStore
from services.storage.lease import Leases
from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from tests.support.engines import SIZE_BYTES, SharedLeases, building, engine_spec
from tests.support.memory_blobs import MemoryBlobs

SPEC = engine_spec()
GOOD = b"e" * SIZE_BYTES


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    return EngineStore(tmp_path / "store")


@pytest.fixture
def machines(tmp_path, clock):
    """Makes machines that share one blob store and one set of leases."""
    blobs, leases = MemoryBlobs(), SharedLeases(clock)

    def machine(name, driver=""):
        return EngineStore(tmp_path / name, SharedEngines(blobs, leases), driver, clock)

    machine.blobs, machine.leases = blobs, leases
    return machine


def start(root, byte, *more):
    command = [sys.executable, "-m", "tests.support.engines", str(root), byte, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def incoming(tmp_path):
    return list((tmp_path / "store" / "incoming").iterdir())


def engine_file(tmp_path):
    return tmp_path / "store" / "engines" / SPEC.key() / "engine"


def test_an_engine_is_built_once_and_then_found(store):
    times = []
    assert store.load(SPEC) is None
    assert [store.build(SPEC, building(times=times)).data for _ in range(2)] == [GOOD, GOOD]
    assert (store.load(SPEC).data, len(times)) == (GOOD, 1)


def test_a_process_that_dies_before_publishing_leaves_nothing_to_be_served(tmp_path, store):
    process = start(tmp_path / "store", "x", "die")
    process.communicate(timeout=60)
    assert (process.returncode, len(incoming(tmp_path))) == (9, 1)
    assert store.load(SPEC) is None
    assert store.build(SPEC, building()).data == GOOD
    assert incoming(tmp_path) == []


def test_of_two_processes_one_builds_and_the_other_serves_something_else(tmp_path, store):
    first = start(tmp_path / "store", "1")
    assert first.stdout.readline() == "building\n"
    second = start(tmp_path / "store", "2")
    assert second.communicate(timeout=60)[0] == "none\n"
    (tmp_path / "store" / "go").touch()
    assert first.communicate(timeout=60)[0].endswith("1\n")
    assert store.load(SPEC).data == b"1" * SIZE_BYTES


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1], lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"\0" + data[1:],
        lambda data: data[:-1] + b"f", lambda data: data + b"e",
    ],
    ids=["last byte gone", "half gone", "empty", "first bit", "last bits", "longer"],
)  # fmt: skip
def test_an_altered_engine_is_not_served_and_built_anew(tmp_path, store, harm):
    store.build(SPEC, building())
    engine_file(tmp_path).write_bytes(harm(GOOD))
    assert store.load(SPEC) is None
    assert store.build(SPEC, building(b"n")).data == b"n" * SIZE_BYTES


def test_an_engine_under_a_foreign_name_is_not_served(tmp_path, store):
    other = engine_spec(onnx="c")
    store.build(other, building(b"o"))
    (engine_file(tmp_path).parent.parent / other.key()).rename(engine_file(tmp_path).parent)
    assert store.load(SPEC) is None


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\x80", b'{"key": 1}', b"null"])
def test_a_damaged_manifest_is_not_believed(tmp_path, store, text):
    store.build(SPEC, building())
    (engine_file(tmp_path).parent / "manifest.json").write_bytes(text)
    assert store.load(SPEC) is None


@pytest.mark.parametrize("field", ["key", "spec", "engine_sha256", "size_bytes", "driver"])
def test_a_forged_manifest_is_not_believed(tmp_path, store, field):
    store.build(SPEC, building())
    path = engine_file(tmp_path).parent / "manifest.json"
    forged = json.loads(path.read_bytes())
    forged[field] = {"spec": forged["spec"] | {"precision": "fp32"}, "size_bytes": 1, "driver": "../etc"}.get(
        field, "0" * 64
    )
    path.write_text(json.dumps(forged))
    assert store.load(SPEC) is None


def test_manifests_are_json_and_read_back(store):
    manifest = store.build(SPEC, building()).manifest
    assert Manifest.parse(manifest.to_json()) == manifest


def test_a_quarantined_engine_is_not_served_until_it_is_released(store):
    store.build(SPEC, building())
    store.quarantine(SPEC, "a constant picture")
    for ask in (store.load, lambda spec: store.build(spec, building())):
        with pytest.raises(ModelUnavailable, match="a constant picture"):
            ask(SPEC)
    store.release(SPEC.key())
    assert store.load(SPEC) is None


def test_what_one_machine_builds_all_serve(machines):
    machines("one").build(SPEC, building())
    times = []
    assert machines("two").build(SPEC, building(b"x", times)).data == GOOD
    assert times == []


def test_while_another_machine_builds_this_one_serves_something_else(machines):
    one, two = machines("one"), machines("two")
    asked = []
    one.build(SPEC, lambda path: (asked.append(two.build(SPEC, building(b"x"))), path.write_bytes(GOOD)))
    assert asked == [None]
    assert two.load(SPEC).data == GOOD


def test_a_builder_whose_lease_expired_publishes_nothing(machines, clock):
    """It was so slow that another machine took over: what it made is not offered, not even to itself."""
    one, two = machines("one"), machines("two")

    def slow(path):
        clock.now += 31
        assert two.build(SPEC, building(b"t")).data == b"t" * SIZE_BYTES
        path.write_bytes(b"s" * SIZE_BYTES)

    with pytest.raises(StorageUnavailable, match="lease"):
        one.build(SPEC, slow)
    assert {machine.load(SPEC).data for machine in (one, two, machines("three"))} == {b"t" * SIZE_BYTES}


def test_a_dead_machines_lease_expires(machines, clock):
    with machines.leases.holding(f"engines/{SPEC.key()}"):
        assert machines("one").build(SPEC, building()) is None
        clock.now += 31
        assert machines("one").build(SPEC, building()).data == GOOD


@pytest.mark.parametrize("suffix", [".engine", "manifest.json"])
def test_a_damaged_shared_engine_is_not_served_and_replaced(machines, suffix):
    machines("one").build(SPEC, building())
    key = next(key for key in machines.blobs.files if key.endswith(suffix))
    machines.blobs.files[key] = machines.blobs.files[key][:-3]
    assert machines("two").load(SPEC) is None
    assert machines("two").build(SPEC, building(b"n")).data == b"n" * SIZE_BYTES
    assert machines("three").load(SPEC).data == b"n" * SIZE_BYTES


def test_an_upload_that_broke_off_is_nobodys_engine(machines):
    machines("one").build(SPEC, building())
    del machines.blobs.files[f"engines/{SPEC.key()}/manifest.json"]
    assert machines("two").load(SPEC) is None


def test_a_shared_manifest_of_another_engine_is_not_believed(machines):
    other = engine_spec(onnx="c")
    machines("one").build(other, building(b"o"))
    machines.blobs.files[f"engines/{SPEC.key()}/manifest.json"] = machines.blobs.files[
        f"engines/{other.key()}/manifest.json"
    ]
    assert machines("two").load(SPEC) is None


@pytest.mark.parametrize(("built", "here"), [("580.65.06", "580.65.05"), ("580.65", "575.99.9")])
def test_an_older_driver_than_the_builders_is_refused(machines, built, here):
    machines("one", built).build(SPEC, building())
    with pytest.raises(ModelUnavailable, match="same or a later one"):
        machines("two", here).load(SPEC)


@pytest.mark.parametrize(("built", "here"), [("580.65.06", "580.65.06"), ("580.65", "590.1"), ("", "575"), ("575", "")])
def test_the_same_driver_or_a_later_one_will_do(machines, built, here):
    machines("one", built).build(SPEC, building())
    assert machines("two", here).load(SPEC).data == GOOD


def test_a_failed_build_leaves_nothing_and_lets_others_try(store, tmp_path):
    def fail(path):
        path.write_bytes(GOOD)
        raise ModelUnavailable("it can't be built")

    with pytest.raises(ModelUnavailable, match="can't be built"):
        store.build(SPEC, fail)
    assert (store.load(SPEC), incoming(tmp_path)) == (None, [])
    assert store.build(SPEC, building()).data == GOOD


def test_pruning_takes_the_longest_unused(tmp_path, clock):
    store = EngineStore(tmp_path / "store", now=clock)
    specs = [engine_spec(onnx=letter) for letter in "abc"]
    for spec in specs:
        store.build(spec, building())
    for spec in (specs[2], specs[0], specs[1]):
        clock.now += 10
        store.load(spec)
    total = sum(file.stat().st_size for file in (tmp_path / "store" / "engines").glob("*/*"))
    assert store.prune(total) == []
    assert store.prune(total - 1) == [specs[2].key()]
    assert [entry.key for entry in store.entries()] == [specs[0].key(), specs[1].key()]


def test_verifying_reads_every_byte(tmp_path, store):
    store.build(SPEC, building())
    store.verify(SPEC.key())
    engine_file(tmp_path).write_bytes(GOOD[:-1] + b"f")
    with pytest.raises(ModelUnavailable, match="not what was built"):
        store.verify(SPEC.key())
    with pytest.raises(ModelUnavailable, match="no engine"):
        store.verify("0" * 64)


def test_the_services_own_leases_and_blobs_will_do(tmp_path):
    """Two machines and one directory of blobs: while one builds, the other is told so, and then finds the engine."""
    blobs = LocalBlobs(tmp_path / "blobs", Signature(b"k" * 32), "http://127.0.0.1", 60)
    one, two = (EngineStore(tmp_path / name, SharedEngines(blobs, Leases(blobs, ttl_s=30))) for name in ("one", "two"))
    asked = []
    one.build(SPEC, lambda path: (asked.append(two.build(SPEC, building(b"x"))), path.write_bytes(GOOD)))
    assert (asked, two.load(SPEC).data) == ([None], GOOD)
