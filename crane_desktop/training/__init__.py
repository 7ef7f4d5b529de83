"""Learning prompts on labelled data of a site, and a memory of good parts."""
