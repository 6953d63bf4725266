"""Background work: enqueued in the business transaction, run by workers, at least once."""
