import pytest

from tests.support.planning import SHOT, bench_file


@pytest.fixture
def times(tmp_path):
    return bench_file(tmp_path, [SHOT, SHOT | {"generate": 1.4}])


def test_plan_is_written_as_tables(vitrine, times):
    result = vitrine("plan", "--per-second", 0.2, "--times", times, "--p95", 9, "--machine", "cpu=16:0.7")
    assert result.exit_code == 0
    assert "a cup; a processor, 2 cores under a load of 0.4 at the start; n = 2" in result.stdout
    assert "All aims are reached." in result.stdout
    assert "1 cpu; a day costs 16.80" in result.stdout


def test_plan_is_written_for_programs_and_drawn(vitrine, times, tmp_path):
    result = vitrine("plan", "--per-second", 0.2, "--times", times, "--plot", tmp_path / "day.svg", "--json")
    assert result.json["reached"]
    assert result.json["windows"][0]["deployments"]["generate"]["replicas"] >= 1
    assert (tmp_path / "day.svg").exists()


def test_recorded_arrivals_are_planned_for(vitrine, times, tmp_path):
    file = tmp_path / "arrivals.csv"
    file.write_text("at_s\n" + "\n".join(str(5 * each) for each in range(200)), "utf-8")
    result = vitrine("plan", "--arrivals", file, "--times", times)
    assert "200 arrivals of arrivals.csv within 0.28 hours" in result.stdout


def test_overload_of_the_settings_as_they_are_is_told(vitrine, times):
    result = vitrine("plan", "--per-second", 5, "--times", times, "--as-set")
    assert "Not reached. steady:" in result.stdout
    assert "generate is 100% busy" in result.stdout


@pytest.mark.parametrize("options", [[], ["--per-second", 1, "--shots-per-day", 5]], ids=["none", "two"])
def test_traffic_is_given_once(vitrine, options):
    result = vitrine("plan", *options)
    assert result.exit_code == 2
    assert "give one of" in result.stderr
