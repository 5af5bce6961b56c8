NAME = "a module of its own"
