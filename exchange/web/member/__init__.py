"""Pages for the staff of lenders and agencies: what waits for an answer, and how their institution stands."""
