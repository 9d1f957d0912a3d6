"""How what the API says becomes rows: first the pure half, from readings to rows, then what writes them."""
