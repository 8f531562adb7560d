"""From ProLine's snapshots to QuickBooks' fields and back: pure functions, no input, no output."""
