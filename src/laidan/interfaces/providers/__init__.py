"""Payment providers: each translates between Laidan's values and one provider's messages."""
