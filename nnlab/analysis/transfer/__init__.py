"""What transfer learning shows of its networks: how far each layer goes, how alike they stay, what is kept and what is forgotten."""
