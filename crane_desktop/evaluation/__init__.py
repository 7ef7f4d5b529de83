"""How well a pack judges: data sets, metrics, comparisons, reports."""
