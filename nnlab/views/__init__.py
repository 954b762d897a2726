"""What the browser can draw of a run, declared once. No torch."""
