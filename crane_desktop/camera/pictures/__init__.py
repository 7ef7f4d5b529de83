"""Picture files: which there are, their bytes within a bound, the proof that they are whole, their depth."""
