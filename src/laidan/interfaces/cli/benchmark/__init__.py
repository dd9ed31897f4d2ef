"""Measuring tools: CPU meters, load generators and the placing benchmark."""
