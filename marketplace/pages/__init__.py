"""Pages, and what stands beside the API: landing page, health, metrics."""
