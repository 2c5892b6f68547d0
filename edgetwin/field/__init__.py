"""Reads the plant: one file per protocol, all behind the contract in `driver`.

driver          the contract; it fits on one screen
poller          keeps one device: the only owner of reconnection, and of what the log hears about it
  link            how the link to a device is doing
  backoff         how long to wait before the next attempt (pure)
  schedule        when to ask: rhythms on a grid that never drifts
  lifeline        ends a wait the moment the link is lost
  refusals        signals that a device refuses while it serves the others
  unreachable     what it means when nobody answers (pure)
  bounds          what a number and a text may be at most (pure)
modbus          the driver for Modbus: one unit on a line, over the network or a serial port
  plan            which registers are asked for together (pure)
  bus_time        how long that keeps a line busy, and what cannot fit (pure)
  phases          when within its period each rhythm is asked, so that nothing is hit in bursts (pure)
  modbus_poll     reads one rhythm, and finds the registers that the unit refuses
  modbus_link     one unit on its line: registers asked for, bytes given
  modbus_bus      one line, shared by its units: one connection, one request at a time
  modbus_turns    whose turn it is; a dead unit does not eat the time of the living (pure)
  modbus_quiet    when a line without transaction ids may be used again (pure)
  modbus_frames   from a request to bytes, and from bytes to its answer; all that can be checked is (pure)
  modbus_streams  the bytes of a line over the network
  modbus_serial   the bytes of a line through a serial port
  decode          from the bytes of an answer to columns (pure)
  decode_layout   how one value lies in an answer (pure)
  decode_numbers  all values of one type at once: numbers, bits, BCD (pure)
  decode_text     strings in registers (pure)
opcua           the driver for OPC UA: by subscription, or read in cycles
  opcua_wishes    from signals to what a server is asked for (pure)
  opcua_link      the connection: asks, in as many calls as the server can take, and notices when nobody answers
  opcua_session   what is known of a server while one session lasts: wishes in, frames out
  opcua_nodes     finds nodes by namespace and by path, anew at every connect
  opcua_structures  how the structures of a server are built, and their bytes taken apart
  opcua_ranges    asks for the elements that are wanted of a long array, not for all of it
  opcua_subscription  what the server publishes, and that it lives
  opcua_read      what it answers when it is asked
  opcua_values    from OPC UA values to the columns of a frame (pure)
  opcua_pick      one value out of an array or a structure (pure)
  opcua_clock     watches the clocks of a server and of its sources (pure)
  opcua_hints     what to do about a signal that a server does not give (pure)
  opcua_security  who the server is and how the connection is protected, before a password is sent
  fence           keeps that driver in a process of its own, so that a malformed answer stops one device and no other
  fence_link      the parent's end of one such child, which is stopped when it no longer speaks
  fence_child     the inside of it: limited memory, a heartbeat, and no log of its own
  fence_fork      the one small process that forks the children
  fence_wire      what parent and child say to each other, as bytes; nothing is taken on trust (pure)
  opcua_discovery what a server says of itself before anybody logs in
  pki_folder      certificates on disk: our own, those we trust, those we turned away
  pki_trust       whether a server is the one it should be (pure)
  pki_make        our own certificate (pure)
  pki_expiry      warns 30, 7 and 1 days before a certificate expires
  certificate     what a certificate says (pure)
mqtt_in         the driver for sensors that publish to a broker
  mqtt_link       one connection to the broker, and the messages that wait
  mqtt_topic      one plain topic and the signals in its messages (pure)
  sparkplug_edge  one edge node of Sparkplug B: births, data, deaths (pure)
  mqtt_waiting    signals of which nothing was heard yet (pure)
  mqtt_values     from a payload to a number, a text, a time (pure)
  mqtt_rows       from readings to frames (pure)
replay          the driver that plays a recording
  recording       opens one, and gives its moments in blocks
  moment          readings of a recording that came together, and what is wanted of it
  record_table    a table with a column for each signal
  record_told     what a gateway has told: its messages, or the file of a replay
  pace            when each moment is due
csv_file        a table as it stands in a file, row by row; also for the verb `replay`
  csv_open        bytes to lines, whatever the encoding
  csv_layout      separator, decimal mark, header, columns: settled on the first rows (pure)
  csv_clock       which column is the time
  csv_time        times as they stand in files (pure)
  csv_ticks       a clock that stands still for many rows
  csv_block       rows to numbers, fast
  csv_cell        what one cell means (pure)
  csv_problems    what is wrong with a file: told for the first few places, counted for all
"""
