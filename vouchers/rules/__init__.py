"""Pure rules: facts in, decision out. Each names the article of the measure it applies."""
