"""Benchmarks of Laidan, each of them one command."""
