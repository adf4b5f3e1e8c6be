"""The web service: pages for people, made of what the API answers."""
