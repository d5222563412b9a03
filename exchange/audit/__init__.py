"""The transparency log: entries, the Merkle tree, checkpoints, the integrator, receipts."""
