"""Settlement owns money: the ledger, payables, payments in, funds, batches, bank files and what comes back."""
