"""Container images that a user has, from archives: `docker save` and OCI image layouts."""
