"""What pages and API share: operations, problems, words, looks, sessions and their guards. Knows no grants rule."""
