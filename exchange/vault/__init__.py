"""Field encryption: keys, sealed values, look-up tokens.

It protects a stolen database, replica or backup, SQL injection reads, swapped cells and erased people. It does not
protect against a compromised live process, a cell rolled back to its own old value, access patterns, or guessing
through the door: consent, rate limits and logged denials do that.
"""
