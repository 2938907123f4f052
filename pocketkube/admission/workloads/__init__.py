"""What makes Pods: its defaults and rules."""
