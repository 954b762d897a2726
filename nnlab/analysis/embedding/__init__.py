"""Many numbers an example as two for the eye, and as groups: principal components, t-SNE, k-means. Knows no network."""
