"""What is read from the weights of any family: themselves, their gradients, the loss around them."""
