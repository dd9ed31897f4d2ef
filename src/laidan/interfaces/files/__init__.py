"""Order files: reading what other systems export, writing what they can read."""
