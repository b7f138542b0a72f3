"""Platform adapters: one file or folder each; the core knows them only as `channels.base`."""
