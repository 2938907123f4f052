"""What belongs to no application: nodes, their Leases, events, roles."""
