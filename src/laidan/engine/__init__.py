"""Plumbing without a business noun: transactions, batches, events, sealing, SQL dialects."""
