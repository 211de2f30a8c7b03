"""Thresholds are the same in the measures, in the contract and in both answers to a refusal."""

import pytest

from services.api.studio import InstanceReport, Measure, PreservationReport, PreservationThresholds
from services.client.errors import from_rpc_error, report_of
from services.common.errors import ProductChanged
from services.gateway.status import problem, rich_status
from services.pb.vitrine.v1 import studio_pb2
from services.postprocess.preservation.thresholds import CRITERIA
from tests.contract.test_errors_over_grpc import Received


def report_of_products(count):
    """A report as long as they get, with `count` products, of whose measures every third failed."""
    measures = [
        Measure(name=bar.name, value=0.1234567, unit=bar.unit, threshold=bar.default, passed=number % 3 > 0,
                worst={"x": 4000, "y": 4000})
        for number, bar in enumerate(CRITERIA)
    ]  # fmt: skip
    instances = [InstanceReport(instance=number, measures=measures) for number in range(1, count + 1)]
    return PreservationReport(level="FULL", measures=measures, attempts=8, instances=instances)


def refusal(report):
    return ProductChanged("the product is not kept", report=report.model_dump(mode="json", exclude_none=True))


def test_contract_has_every_measure_in_order():
    names = [bar.name for bar in CRITERIA]
    assert list(PreservationThresholds.model_fields) == names
    assert [field.name for field in studio_pb2.PreservationThresholds.DESCRIPTOR.fields] == names


@pytest.mark.parametrize("bar", CRITERIA, ids=lambda bar: bar.name)
def test_contract_allows_what_the_measure_allows(bar):
    schema = PreservationThresholds.model_json_schema()["properties"][bar.name]["anyOf"][0]
    assert (schema["minimum"], schema["maximum"]) == (bar.lowest, bar.highest)


@pytest.mark.parametrize("count", [0, 2])
def test_report_arrives_whole_over_both_protocols(count):
    report = report_of_products(count)
    over_grpc = from_rpc_error(Received(refusal(report)), "here:1")
    assert PreservationReport.model_validate(problem(refusal(report), "id").details["report"]) == report
    arrived = report_of(over_grpc)
    assert [each.name for each in arrived.measures] == [bar.name for bar in CRITERIA]
    assert len(arrived.instances) == count
    assert arrived.measures[0].value == pytest.approx(0.1234567)
    assert arrived.measures[0].worst == report.measures[0].worst


def test_report_on_many_products_tells_what_failed_and_fits_into_a_header():
    arrived = report_of(from_rpc_error(Received(refusal(report_of_products(6))), "here:1"))
    assert len(arrived.measures) == len(CRITERIA)
    told = [measure for each in arrived.instances for measure in each.measures]
    assert told
    assert not any(measure.passed for measure in told)
    assert len(told) + arrived.left_out == 6 * len(CRITERIA)


def test_report_on_one_product_is_the_same_over_both_protocols():
    report = report_of_products(0)
    over_http = PreservationReport.model_validate(problem(refusal(report), "id").details["report"])
    over_grpc = report_of(from_rpc_error(Received(refusal(report)), "here:1"))
    for http, grpc in zip(over_http.measures, over_grpc.measures, strict=True):
        assert grpc.value == pytest.approx(http.value)
        assert grpc.threshold == pytest.approx(http.threshold)
    rest = {"measures": []}
    assert over_grpc.model_copy(update=rest) == over_http.model_copy(update=rest)
    assert over_grpc.left_out == 0


@pytest.mark.parametrize("count", [2, 6, 32, 200])
def test_report_in_which_only_products_failed_never_looks_passed(count):
    """The worst measure is told, and of which product it is."""
    report = report_of_products(count)
    good = [measure.model_copy(update={"passed": True}) for measure in report.measures]
    worst = report.instances[-1].measures[0].model_copy(update={"value": 1000.0, "threshold": 0.5, "passed": False})
    last = report.instances[-1].model_copy(update={"measures": [*report.instances[-1].measures, worst]})
    bad = report.model_copy(update={"measures": good, "instances": [*report.instances[:-1], last]})
    arrived = report_of(from_rpc_error(Received(refusal(bad)), "here:1"))
    told = [(each.instance, measure.value) for each in arrived.instances for measure in each.measures]
    assert (count, 1000.0) in told
    assert not arrived.passed


@pytest.mark.parametrize("count", [0, 1, 6, 32])
def test_refusal_fits_into_a_header_however_many_products(count):
    assert len(rich_status(refusal(report_of_products(count)), "id").SerializeToString()) < 5500
