"""The counter: restarts, jumps, falls, its last number, and files that add up."""
