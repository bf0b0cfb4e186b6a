"""`alcove bench --compare`: the same work on every provider of this machine, each in a process of its own."""
