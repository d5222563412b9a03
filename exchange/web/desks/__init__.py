"""Where the people of members sign in: an authority's auditors, and the staff of the other members."""
