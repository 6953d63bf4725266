"""Payouts through the company's own bank: batches of transfers, their files, approvals and what came of them."""
