"""The words on the wire, one module per system: requests, results, decisions, names, task queues."""
