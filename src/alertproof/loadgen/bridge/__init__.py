"""The child process of a load run: a scenario of Locust's, driven by a schedule instead of by waiting users.

Locust's users wait for an answer before they go on: when the platform stalls they stall with it, and the requests
that real people would have sent meanwhile are missing from the statistics (coordinated omission). Here one user of
Locust's, the dispatcher, starts arrivals when the schedule says so, whatever the answers take. An arrival is one task
of the scenario; the latency of its first request counts from the instant at which it was to start.

The only package that imports Locust, which patches the sockets of its whole process, and that nothing imports. Run by
`alertproof.loadgen.sender`: the plan is in the environment, lines of JSON go to standard output, and the process ends
when its standard input closes.
"""
