"""Bills of payment providers: each reader turns one layout into lines, as a stream."""
