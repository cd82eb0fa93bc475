"""Random conditions for Hypothesis."""

from hypothesis import strategies as st


def joined(atoms: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    """Up to `most` atoms, joined by and, or and not in every way."""
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("not ({})".format, inner),
        ),
        max_leaves=most,
    )
