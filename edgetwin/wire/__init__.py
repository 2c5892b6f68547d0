"""Formats and wires that two rooms need: the field hears them, the uplink speaks them. Imports nothing of ours.

mqtt_dial        opening the way to a broker beside the loop: name, TCP, TLS
mqtt_connection  one connection to a broker, run by our event loop
  mqtt_paho      what carries the protocol, and what it is kept from doing
  mqtt_reasons   what a broker's refusal is about (pure)
printable        a stranger's text, made fit for a log and a terminal
sparkplug        the payload of Sparkplug B
  protobuf       the grammar below it: fields, varints, bounds
"""
