"""The pods of a manifest, whoever makes them."""

from k8s.checks.pods import pods_of

TEMPLATE = {
    "metadata": {"labels": {"kind": "boat"}},
    "spec": {"initContainers": [{"name": "keel"}], "containers": [{"name": "sail"}]},
}


def made(kind, spec):
    return {"kind": kind, "metadata": {"name": "may"}, "spec": spec}


def test_a_job_makes_pods_as_its_template_says():
    [pods] = pods_of([made("Job", {"template": TEMPLATE}), made("Service", {"selector": {}})])
    assert (pods.owner, pods.labels) == ("Job may", {"kind": "boat"})
    assert [each["name"] for each in pods.containers] == ["keel", "sail"]


def test_a_ray_service_makes_a_head_and_groups_of_workers_with_the_label_of_their_group():
    cluster = {
        "headGroupSpec": {"template": TEMPLATE},
        "workerGroupSpecs": [{"groupName": "cpu", "template": TEMPLATE}, {"groupName": "gpu", "template": TEMPLATE}],
    }
    pods = pods_of([made("RayService", {"rayClusterConfig": cluster})])
    assert [each.labels["ray.io/group"] for each in pods] == ["headgroup", "cpu", "gpu"]
