default = "allow"
