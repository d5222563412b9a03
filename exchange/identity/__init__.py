"""Who is asking: member keys, proofs of possession, access tokens, and the server that issues them."""
