"""What the benchmarks share: a Stentor of their own, people, clients, publishers and how results are reported."""
