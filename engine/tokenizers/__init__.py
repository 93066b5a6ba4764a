"""Text to token IDs and back: words, byte pair encoding, and the tokenizers that ship."""
