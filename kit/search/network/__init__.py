"""A chief and its workers, on this machine or on several."""
