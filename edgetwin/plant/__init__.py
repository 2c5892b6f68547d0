"""A simulated plant that speaks real Modbus and OPC UA, with faults on demand. For the demo, training and tests.

live            the plant against the clock, served by its PLCs
  modbus_server   the PLC of the mill
  opcua_server    the PLC of the feed station
  broker          a small MQTT broker, so that the demo needs nothing else
plant           the process, its instruments, and whatever is broken now (pure, as is all below)
  process         what is true: mill, bearing, dosing and tank, moved by wander
  instrument      what a sound transmitter does to the truth
  faults          the ways in which it can go wrong
  schedule        what breaks when, if nobody breaks anything by hand
extra           the packages that only the plant needs
points          the list of what is measured, and where it is found
config_text     the configuration of a gateway that watches this plant
"""
