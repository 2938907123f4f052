"""Where Pods may go: what the scheduler, the kubelets and DaemonSets ask alike."""
