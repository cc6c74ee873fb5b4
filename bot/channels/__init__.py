"""How subscribers are reached: one module per channel, each with `build`."""
