"""Labels that several parts go by: https://kubernetes.io/docs/reference/labels-annotations-taints/"""

HOSTNAME = "kubernetes.io/hostname"
REGION = "topology.kubernetes.io/region"
SERVICE_NAME = "kubernetes.io/service-name"  # of an EndpointSlice: whose it is
ZONE = "topology.kubernetes.io/zone"
