"""A selector takes pods by their labels."""

from k8s.checks.pods import Pods
from k8s.checks.selectors import selector_faults, selects

PODS = [Pods("boats", {"kind": "boat"}, {"containers": [{"ports": [{"name": "deck", "containerPort": 1}]}]})]


def budget(label):
    selector = {"matchLabels": {"kind": label}}
    return {"kind": "PodDisruptionBudget", "metadata": {"name": "some"}, "spec": {"selector": selector}}


def service(port):
    spec = {"selector": {"kind": "boat"}, "ports": [{"targetPort": port}]}
    return {"kind": "Service", "metadata": {"name": "harbour"}, "spec": spec}


def policy(selector, port):
    rule = {"to": [{"podSelector": selector}], "ports": [{"port": port}]}
    return {
        "kind": "NetworkPolicy", "metadata": {"name": "sea"},
        "spec": {"podSelector": {}, "egress": [rule]},
    }  # fmt: skip


def test_a_selector_that_takes_pods_is_no_fault():
    assert list(selector_faults([budget("boat"), service("deck"), service(1), policy({}, "deck")], PODS)) == []


def test_a_selector_that_takes_none_is_told():
    [fault] = selector_faults([budget("boot")], PODS)
    assert fault.startswith("PodDisruptionBudget some: selects no pod")


def test_a_port_that_no_pod_has_is_told():
    assert list(selector_faults([service("dock")], PODS)) == ["Service harbour: no pod has a port dock"]
    assert list(selector_faults([policy({}, "dock")], PODS)) == ["NetworkPolicy sea: no pod has a port dock"]


def test_an_expression_takes_the_values_that_it_names():
    selector = {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}
    assert [selects(selector, {"a": value}) for value in "123"] == [True, True, False]
    assert selects({}, {"a": "1"})
