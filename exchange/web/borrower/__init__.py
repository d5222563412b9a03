"""The pages of borrowers: each file is one thing that a borrower comes to do."""
