"""Manifests for Kubernetes (docs/kubernetes.md), and their checks."""
