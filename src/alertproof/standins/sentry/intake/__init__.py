"""What SDKs, browsers and crash reporters send to: everything that Relay takes."""
