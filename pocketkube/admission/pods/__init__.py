"""Pods, and the templates of those that make them."""
