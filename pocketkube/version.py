"""As which Kubernetes it presents itself."""

KUBERNETES = "v1.36.2"
