"""Floor 6: the only place that knows Streamlit's widgets and session state."""
