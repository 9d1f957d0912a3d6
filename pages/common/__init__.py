"""What the pages share: data, words, charts, tables, filters and the header strip."""
