"""Pictures: files, fonts, strokes, shapes and textures, and the pictures of the user."""
