"""Pure rules of money: facts in, decision out; no database, no clock, no framework."""
