"""Where a person's money goes: bank accounts, proven to be theirs before anything is sent there."""
