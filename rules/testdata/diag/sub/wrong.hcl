mode = "off"
