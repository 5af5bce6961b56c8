mode = "ÿþ"
