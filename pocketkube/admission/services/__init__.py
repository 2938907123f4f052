"""Services, their endpoints, Ingresses and NetworkPolicies."""
