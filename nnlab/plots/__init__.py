"""From a run to a picture: the declarations of the live views, and figures drawn from records. No torch, no Streamlit."""
