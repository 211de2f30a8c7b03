"""Grafana's dashboards: what they show stands here, their JSON beside it.

    python -m deploy.grafana.dashboards            write the JSON
    python -m deploy.grafana.dashboards --check    exit 1 and name the files that are out of step

Import the files, or let Grafana read the folder (`provider.yaml`). Where a metric comes from several places (replicas,
nodes), a panel sums or takes the greatest: figures from the database are the same at every gateway replica.
"""

import json
import sys
from pathlib import Path
from typing import Final

from deploy.grafana.panel import Dashboard, Panel, document
from deploy.grafana.promql import mean, quantile, rate, share

FOLDER: Final = Path(__file__).parent

SERVICE: Final = Dashboard(
    "vitrine-service",
    "Vitrine: service overview",
    {
        "Promises": [
            Panel(
                "Requests failed by our fault",
                {"last hour": "vitrine:errors:ratio_rate1h", "promised": "vector(0.005)"},
                "percentunit",
                "Of all requests; 0.5 % in 30 days are allowed.",
            ),
            Panel(
                "Pictures later than 12 s",
                {"last hour": "vitrine:slow:ratio_rate1h", "promised": "vector(0.05)"},
                "percentunit",
                "5 % in 30 days are allowed.",
            ),
            Panel(
                "Budget of three days that is used",
                {
                    "errors": "vitrine:errors:ratio_rate3d / 0.005",
                    "slow": "vitrine:slow:ratio_rate3d / 0.05",
                },
                "percentunit",
                "Above 100 %, the promise of 30 days does not hold if it goes on like this.",
            ),
        ],
        "Requests": [
            Panel("Requests by outcome", {"{{outcome}}": rate("ray_vitrine_requests_total", "outcome")}, "reqps"),
            Panel("Requests by method", {"{{method}}": rate("ray_vitrine_requests_total", "method")}, "reqps"),
            Panel("Requests being answered", {"all replicas": "sum(ray_vitrine_requests_in_flight)"}),
            Panel(
                "Time of an answer",
                {
                    "{{method}}, half": quantile(0.5, "ray_vitrine_request_seconds", "method"),
                    "{{method}}, 95 %": quantile(0.95, "ray_vitrine_request_seconds", "method"),
                },
                "s",
            ),
            Panel("Time of a stage, 95 %", {"{{stage}}": quantile(0.95, "ray_vitrine_stage_seconds", "stage")}, "s"),
            Panel(
                "Wait inside a stage, 95 %",
                {"{{stage}}": quantile(0.95, "ray_vitrine_stage_wait_seconds", "stage")},
                "s",
                "For a thread of a replica that has taken the request on.",
            ),
        ],
        "Replicas": [
            Panel(
                "Replicas",
                {
                    "{{deployment}}": "sum by (deployment) (ray_serve_deployment_replica_healthy)",
                    "{{deployment}}, wanted": "max by (deployment) (ray_serve_autoscaling_target_replicas)",
                },
            ),
            Panel(
                "Calls that wait for a replica",
                {"{{deployment}}": "sum by (deployment) (ray_serve_deployment_queued_queries)"},
            ),
            Panel(
                "Calls at work in replicas",
                {"{{deployment}}": "sum by (deployment) (ray_serve_replica_processing_queries)"},
            ),
            Panel(
                "Calls made again",
                {"{{stage}}": rate("ray_vitrine_stage_retries_total", "stage")},
                "reqps",
                "Because their replica was lost; nothing is shown while none was.",
            ),
            Panel("Loading and warming up", {"{{stage}}": "max by (stage) (ray_vitrine_model_load_seconds)"}, "s"),
        ],
        "Blobs": [
            Panel("Operations", {"{{operation}}": rate("ray_vitrine_blob_seconds_count", "operation")}, "ops"),
            Panel("Failed operations", {"all": "vitrine:blob_errors:ratio_rate5m"}, "percentunit"),
            Panel("Time, 95 %", {"{{operation}}": quantile(0.95, "ray_vitrine_blob_seconds", "operation")}, "s"),
            Panel("Bytes", {"{{operation}}": rate("ray_vitrine_blob_bytes_total", "operation")}, "Bps"),
        ],
        "Nodes": [
            Panel("CPU", {"{{ip}}": "ray_node_cpu_utilization / 100"}, "percentunit"),
            Panel("Memory", {"{{ip}}": "ray_node_mem_used / ray_node_mem_total"}, "percentunit"),
            Panel("Disk", {"{{ip}}": "ray_node_disk_utilization_percentage / 100"}, "percentunit"),
            Panel(
                "Shared memory between stages",
                {
                    "{{instance}}": "ray_object_store_used_memory"
                    " / (ray_object_store_used_memory + ray_object_store_available_memory)"
                },
                "percentunit",
            ),
        ],
    },
)

ENGINES: Final = Dashboard(
    "vitrine-engines",
    "Vitrine: GPU and engines",
    {
        "Drawing": [
            Panel("Denoising steps", {"steps": rate("ray_vitrine_denoising_steps_total")}, "ops"),
            Panel(
                "Time of a step",
                {
                    "half": quantile(0.5, "ray_vitrine_denoising_step_seconds"),
                    "95 %": quantile(0.95, "ray_vitrine_denoising_step_seconds"),
                },
                "s",
                "Of all pictures that share it.",
            ),
            Panel(
                "Batches filled, half",
                {"share": quantile(0.5, "ray_vitrine_batch_occupancy_ratio")},
                "percentunit",
                "Pictures that share a step, of those that could.",
            ),
            Panel(
                "Plates that were drawn before",
                {
                    "share": share("ray_vitrine_plates_total", 'outcome="hit"'),
                },
                "percentunit",
                "Nothing is shown while no plate was asked for twice.",
            ),
            Panel(
                "Cutouts that were made before",
                {"share": share("ray_vitrine_cutouts_total", 'outcome="hit"')},
                "percentunit",
                "Nothing is shown while no photo came twice.",
            ),
            Panel("Styles read anew", {"styles": rate("ray_vitrine_styles_total", where='outcome="miss"')}, "ops"),
            Panel("Plates drawn anew", {"plates": rate("ray_vitrine_plates_total", where='outcome="miss"')}, "ops"),
        ],
        "Engines": [
            Panel("What computes", {"{{part}}: {{runner}}": "max by (part, runner) (ray_vitrine_runner) == 1"}),
            Panel("States", {"{{part}}: {{state}}": "max by (part, state) (ray_vitrine_engine_state) == 1"}),
        ],
        "GPUs": [
            Panel(
                "Utilisation",
                {"{{ip}} {{GpuIndex}}": "ray_node_gpus_utilization / 100"},
                "percentunit",
                "A share of 1 for each GPU of the node.",
            ),
            Panel("Memory taken", {"{{ip}} {{GpuIndex}}": "ray_node_gram_used * 1048576"}, "bytes"),
            Panel(
                "Memory taken, share",
                {"{{ip}} {{GpuIndex}}": "ray_node_gram_used / (ray_node_gram_used + ray_node_gram_available)"},
                "percentunit",
            ),
        ],
    },
)

JOBS: Final = Dashboard(
    "vitrine-jobs",
    "Vitrine: jobs and tenants",
    {
        "Jobs": [
            Panel("Items by state", {"{{state}}": "max by (state) (vitrine_job_items)"}),
            Panel("Jobs by state", {"{{state}}": "max by (state) (vitrine_jobs)"}),
            Panel(
                "Oldest job with items that wait",
                {"age": "max(vitrine_job_oldest_queued_seconds)"},
                "s",
                "A long job is old and well; one that does not move is not.",
            ),
            Panel("Attempts at items", {"{{outcome}}": rate("ray_vitrine_job_items_total", "outcome")}, "ops"),
            Panel("Items at work in dispatchers", {"all": "sum(ray_vitrine_job_items_running)"}),
            Panel("Backlog that dispatchers see", {"age": "max(ray_vitrine_job_backlog_seconds)"}, "s"),
            Panel("Wait until an item began, 95 %", {"items": quantile(0.95, "ray_vitrine_job_wait_seconds")}, "s"),
            Panel(
                "Wait for interactive calls, 95 %",
                {"{{stage}}": quantile(0.95, "ray_vitrine_job_yield_seconds", "stage")},
                "s",
                "Before a stage; nothing is shown while nobody had to wait.",
            ),
            Panel(
                "Claims lost",
                {"items": rate("ray_vitrine_job_claims_lost_total")},
                "ops",
                "Another dispatcher took them over; nothing is shown while none was lost.",
            ),
            Panel("Items that wait, by tenant", {"{{tenant}}": "max by (tenant) (vitrine_tenant_backlog_items)"}),
        ],
        "Webhooks": [
            Panel("Messages by state", {"{{state}}": "max by (state) (vitrine_webhook_messages)"}),
            Panel(
                "Attempts to deliver", {"{{outcome}}": rate("ray_vitrine_webhook_deliveries_total", "outcome")}, "ops"
            ),
            Panel("From event to delivery, 95 %", {"messages": quantile(0.95, "ray_vitrine_webhook_seconds")}, "s"),
            Panel("Oldest message that waits", {"age": "max(vitrine_webhook_oldest_pending_seconds)"}, "s"),
        ],
        "Trainings of styles": [
            Panel("Attempts", {"{{outcome}}": rate("ray_vitrine_style_trainings_total", "outcome")}, "ops"),
            Panel("Trainings by state", {"{{state}}": "max by (state) (vitrine_style_trainings)"}),
            Panel("At work in trainers", {"all": "sum(ray_vitrine_style_trainings_running)"}),
            Panel(
                "Oldest training that waits",
                {
                    "as the database tells": "max(vitrine_style_training_oldest_queued_seconds)",
                    "as trainers see it": "max(ray_vitrine_style_training_backlog_seconds)",
                },
                "s",
                "Trainers see nothing where there are none.",
            ),
            Panel(
                "Time of an attempt, half",
                {"{{outcome}}": quantile(0.5, "ray_vitrine_style_training_seconds", "outcome")},
                "s",
                "Nothing is shown while none has ended.",
            ),
        ],
        "Tenants": [
            Panel("Pictures", {"{{tenant}}": rate("ray_vitrine_tenant_items_total", "tenant")}, "ops"),
            Panel("Megapixels", {"{{tenant}}": rate("ray_vitrine_tenant_megapixels_total", "tenant")}, "ops"),
            Panel(
                "Work of stages",
                {"{{tenant}}": rate("ray_vitrine_tenant_stage_seconds_total", "tenant")},
                "s",
                "Seconds of work each second: how many stages a tenant keeps busy.",
            ),
            Panel(
                "Bytes",
                {"{{tenant}}, {{direction}}": rate("ray_vitrine_tenant_bytes_total", "tenant, direction")},
                "Bps",
            ),
            Panel(
                "Quota used",
                {"{{tenant}}": "max by (tenant) (vitrine_tenant_quota_used_ratio)"},
                "percentunit",
                "Of the tenants that have one and used most of it.",
            ),
        ],
    },
)

QUALITY: Final = Dashboard(
    "vitrine-quality",
    "Vitrine: quality",
    {
        "Reports": [
            Panel(
                "Pictures measured", {"{{outcome}}": rate("ray_vitrine_preservation_reports_total", "outcome")}, "ops"
            ),
            Panel(
                "Shots refused because the product changed",
                {"of shots": "vitrine:refused:ratio_rate30m"},
                "percentunit",
            ),
            Panel(
                "Refusals by measure",
                {"{{measure}}": rate("ray_vitrine_preservation_refusals_total", "measure")},
                "ops",
                "Nothing is shown while nothing was refused.",
            ),
        ],
        "Measures, as shares of what their thresholds allow": [
            Panel(
                "Mean",
                {"{{measure}}": mean("ray_vitrine_preservation_used_ratio", "measure")},
                "percentunit",
                "What rises has become worse, long before anything is refused.",
            ),
            Panel(
                "95 % stay below",
                {"{{measure}}": quantile(0.95, "ray_vitrine_preservation_used_ratio", "measure")},
                "percentunit",
            ),
        ],
    },
)

DASHBOARDS: Final = (SERVICE, ENGINES, JOBS, QUALITY)


def files() -> dict[Path, str]:
    """Every dashboard's file, and what has to be in it."""
    return {FOLDER / f"{each.uid}.json": json.dumps(document(each), indent=1) + "\n" for each in DASHBOARDS}


def main() -> None:
    """See the head of this file."""
    stale = [path for path, text in files().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"out of step: {path.name}" for path in stale) or None)
    for path in stale:
        path.write_text(files()[path], "utf-8")
        sys.stdout.write(f"written: {path.name}\n")


if __name__ == "__main__":
    main()
