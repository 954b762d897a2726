"""From a learner to named arrays; nothing here changes what it learns."""
