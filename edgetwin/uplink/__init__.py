"""Tells the world: what leaves the gateway, when it leaves, and over which wire.

uplink      the one thing that others use: tell, heartbeat, health, drain
due         which signals are worth telling (pure)
messages    the JSON, described in schema/ (pure); stamps, topics, subjects are its small parts
outbox      what waits while the broker is away (pure)
link        one connection to one of the brokers, reconnecting
dial, mqtt  opening a connection beside the loop, and running it on the loop
broker      addresses, and every reason why a broker cannot be used (pure)
"""
