"""A package, so that what its tests share is ended with the last of them and not with the run."""
