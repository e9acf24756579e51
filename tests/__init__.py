"""The tests are the specification: one folder a room, one file a subject, one sentence a test."""
