"""Disruptions of Pods, by controllers and by evictions: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"""
