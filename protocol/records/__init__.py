"""What a record is: encoding, hashing, keys, sealing, envelope, chain, clock, credentials, compression.

`protocol/README.md` specifies the bytes. Nothing here reads a file, a clock or a source of randomness.
"""
