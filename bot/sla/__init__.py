"""The promise engine: business time, policies, clocks, plans, explanations. Pure; standard library only."""
