"""One module for each subject; each route asks the client, the decisions or the records, and no more."""
