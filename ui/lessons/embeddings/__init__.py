"""What only the lesson on embeddings needs: its texts and its sections."""
