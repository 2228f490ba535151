"""Whether a figure is what is demanded of it, in a line below it."""


def demand(what, found, bound, wanted, unit):
    """`bound`: "at most" or "at least"; `unit` with the space before it."""
    met = found >= wanted if bound == "at least" else found <= wanted
    print(f"  {what}: {found:.5g}{unit}, demanded {bound} {wanted:.5g}{unit}: {'met' if met else 'MISSED'}", flush=True)
