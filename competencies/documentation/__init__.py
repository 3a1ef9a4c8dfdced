"""Writing the record: true, timely, reasoned and private."""
