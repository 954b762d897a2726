"""The views that the browser can draw of a run, each declared once. No torch."""
