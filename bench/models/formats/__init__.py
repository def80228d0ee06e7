"""How each weight format is made from the float32 graph."""
