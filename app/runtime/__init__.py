"""Everything that starts, watches and stops processes: the laptop's servers, web, worker and clock."""
