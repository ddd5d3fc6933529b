"""The handlers of lambda/ against recorded events, a real table and a real HTTPS endpoint."""
