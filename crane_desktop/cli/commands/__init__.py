"""One module a command. Each reads its options, calls the rooms, prints; nothing else."""
