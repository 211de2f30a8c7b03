"""What is read of the service's own figures."""

from loadtests.load.server_series import Reading, readings

PAGE = """# HELP ray_serve_replica_processing_queries The current number of queries being processed.
# TYPE ray_serve_replica_processing_queries gauge
ray_serve_replica_processing_queries{application="vitrine",deployment="Segment",replica="a"} 1.0
ray_serve_replica_processing_queries{application="vitrine",deployment="Segment",replica="b"} 2.0
ray_serve_replica_processing_queries{application="vitrine",deployment="Gateway",replica="c"} 4.0
ray_serve_replica_processing_queries_of_another_kind{deployment="Gateway"} 9.0
ray_vitrine_requests_in_flight{deployment="Gateway"} 3.0
vitrine_job_items{state="QUEUED"} 1e+02
"""


def test_values_are_added_up_by_what_they_are_told_apart_by():
    assert list(readings(PAGE, 7.0)) == [
        Reading(7.0, "ray_serve_replica_processing_queries", "Segment", 3.0),
        Reading(7.0, "ray_serve_replica_processing_queries", "Gateway", 4.0),
        Reading(7.0, "ray_vitrine_requests_in_flight", "", 3.0),
        Reading(7.0, "vitrine_job_items", "QUEUED", 100.0),
    ]


def test_page_without_any_of_it_tells_nothing():
    assert not list(readings("python_gc_objects_collected_total 3\n", 0.0))
