"""What a WebSocket API does, item by item, held against any endpoint that claims to be AWS."""
