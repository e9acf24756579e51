"""Letters to people: who is told what at each transition, by mail, once. Follows the log; nothing in the log waits for it."""
