"""Who changed what, before and after; the trail that nobody can rewrite unseen."""
