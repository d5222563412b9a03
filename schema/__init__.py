"""The words of the exchange: vocabulary, GraphQL types and the printed contract. Imports nothing of ours."""
