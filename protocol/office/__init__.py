"""What an annexe does, as pure rules: its events and casework, its catalogue, people's details, references, seals."""
