"""The only reader of TOML, environment and credentials. One frozen tree; every mistake with file and line.

load        the one way in: a file becomes the tree, or a list of all that is wrong with it
  document    reads the file, tells what is not TOML (in the words of syntax), takes it out (mend)
  templates   makes plain devices of devices with a template or a tag list; shipped has the examples
    signals_file  reads a tag list (csv_table: its rows, csv_values: its cells)
    places        remembers where all of it stood
  sources     puts environment variables and credentials above the file
  judge       holds the tables against the tree, cutting out what is wrong (told by words and shape)
  close       what somebody may have meant
  rules       what no table can judge alone: names, assets; overlaps are registers that two signals read differently,
              shared_lines are lines that two devices describe differently
  lines       on which line a key stands
  problems    a mistake in its place, in one line of text
tree        the whole tree; its branches are gateway, mqtt, device, modbus, opcua, mqtt_in and pki
  modbus      a unit; modbus_line is the line it is on, modbus_signal what is read, modbus_types how it is stored
  opcua       an OPC UA server; opcua_nodes is which value of it is meant
  opcua_access how the connection to an OPC UA server is protected, and as whom the gateway logs in
  mqtt_in     sensors that publish to a broker; mqtt_login is how any broker lets us in
  recording   a file that is played as if it were a device
  branch      what all branches share; units, names, url, files and registers are what stands in them
schema      the tree as JSON schema, for editors
"""
