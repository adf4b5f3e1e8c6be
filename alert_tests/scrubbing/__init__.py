"""No secret and nobody's data leaves M3CoreCRM: proven on every byte that left, beside a control without scrubbing."""
