"""The running service: doors, journeys and rooms. An import may only point down; see ARCHITECTURE.md."""
