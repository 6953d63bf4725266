"""What finance reads and keeps: statements that freeze, what is owed to people, the journal for accounting."""
