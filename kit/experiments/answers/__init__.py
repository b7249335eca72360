"""What a run answers: classes, scores, heat maps, and images that it takes for like ones."""
