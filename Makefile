# stand-in until the real one lands
