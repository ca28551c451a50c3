"""The evaluation of providers, cities and officers (V20): every figure is a count over cases that can be looked at."""
