"""A page that only shows that Streamlit serves pages beside the live socket."""

import streamlit as st

st.title("Tiny")
