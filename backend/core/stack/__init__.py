"""`make run`: everything that Stentor needs on one machine, under one supervisor.

`manage.py run_stack` checks what it needs (`checks`), writes a configuration for the `supervisor` library (`programs`)
and stays in the foreground (`foreground`): it shows what the processes say, passes on a request to stop, and leaves no
process behind. Each process is started through `child`, which ties its life to the supervisor's.
"""
