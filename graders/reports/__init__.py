"""Reports read verdicts, and nothing else."""
