"""A small web page on a stack: what arrived, live, as its stand-ins' control doors show it."""
