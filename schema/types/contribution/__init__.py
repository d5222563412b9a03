"""What members report one by one: the inputs of mutations, and what comes of them."""
