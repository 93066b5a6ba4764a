"""Speed against other libraries, all in one run on one machine: `python -m benchmarks`."""
