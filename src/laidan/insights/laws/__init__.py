"""The data laws: what must be true of every row, as queries that find the rows that offend."""
