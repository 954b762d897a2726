"""The worker processes: started, spoken to, watched and replaced. No torch."""
