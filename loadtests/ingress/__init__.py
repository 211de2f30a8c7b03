"""Ways from a caller to the gateway, measured beside each other."""
