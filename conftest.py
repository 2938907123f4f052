"""`pytest labs/NAME` grades a lab: the plugin does it."""

pytest_plugins = ["graders.plugin"]
