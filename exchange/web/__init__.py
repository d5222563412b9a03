"""The HTTP doors: a request in, one journey, an answer out. The only place that knows Flask."""
