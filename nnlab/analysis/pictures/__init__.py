"""What a network of pictures sees: its maps, single numbers of them, and where it is wrong."""
