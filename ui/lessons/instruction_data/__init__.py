"""The lesson "Instruction data": where entries come from, and the batch that the collate function makes of them."""
