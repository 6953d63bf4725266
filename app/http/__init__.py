"""The edge: typed request context, endpoints, problem+json, limits, idempotency, OpenAPI."""
