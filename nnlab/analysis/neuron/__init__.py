"""What the page about one neuron draws."""
