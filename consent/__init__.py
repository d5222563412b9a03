"""May they? Pure decisions about consent and law: no SQL, no Flask, no GraphQL, no clock."""
