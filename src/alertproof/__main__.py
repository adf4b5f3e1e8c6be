"""``python -m alertproof``: the command line."""

from alertproof.cli import main

raise SystemExit(main())
