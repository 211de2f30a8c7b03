"""Checks of the manifests in k8s/: `python -m k8s.checks`, or `make k8s`."""
