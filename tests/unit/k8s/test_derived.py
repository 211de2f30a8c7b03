"""What k8s/ takes from deploy/ is in step with it."""

import yaml

from k8s.checks.derived import DEPLOY, RULES, files, out_of_step, serve_config


def test_the_files_are_in_step():
    assert out_of_step(files()) == []


def test_a_file_that_was_changed_by_hand_is_named(tmp_path):
    same, changed, gone = (tmp_path / name for name in ("same", "changed", "gone"))
    same.write_text("made")
    changed.write_text("by hand")
    assert out_of_step(dict.fromkeys([same, changed, gone], "made")) == [changed, gone]


def test_pods_get_the_serve_config_of_deploy_but_for_the_address_that_http_listens_on():
    for name in ("cpu", "gpu"):
        original = yaml.safe_load((DEPLOY / f"{name}.yaml").read_text("utf-8"))
        made = serve_config(name)
        for config in (original, made):
            hosts = config["http_options"].pop("host"), config["applications"][0]["args"]["http"].pop("host")
            wanted = "0.0.0.0" if config is made else "127.0.0.1"  # noqa: S104 - a pod's
            assert hosts == (wanted, wanted)
        assert made == original


def test_the_rules_are_those_of_deploy():
    [made] = [yaml.safe_load(text) for path, text in files().items() if path.name == "rules.yaml"]
    assert made["spec"] == yaml.safe_load(RULES.read_text("utf-8"))
