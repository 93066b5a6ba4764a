"""Questions and glossary: every definition and question of the notes, and what the lessons answer."""
