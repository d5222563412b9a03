"""The service beside its peers: same borrowers, question, client and duties. How to read it: benchmarks/README.md."""
