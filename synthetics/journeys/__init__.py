"""What an agent of M3CoreCRM does in a browser, watched."""
