"""Where a search stands, as a pure function of recorded facts."""
