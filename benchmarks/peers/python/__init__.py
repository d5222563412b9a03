"""The Python peers: only what answers the GraphQL differs from the floor and from each other, but for the naive one."""
