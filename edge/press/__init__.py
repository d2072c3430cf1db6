"""The press: receipts and sealed certificates as PDF, made by Typst and pyHanko in a process of their own.

`documents` says what goes in and comes out, `client` is what the services call, `worker` is the other process.
"""
