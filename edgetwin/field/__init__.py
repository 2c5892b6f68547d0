"""Reads the plant: one room per protocol, all behind the contract in `driver`.

driver          the contract; it fits on one screen
poller          keeps one device: the only owner of reconnection, and of what the log hears about it
link            how the link to a device is doing
backoff         how long to wait before the next attempt (pure)
schedule        when to ask: rhythms on a grid that never drifts
lifeline        ends a wait the moment the link is lost
refusals        signals that a device refuses while it serves the others
unreachable     what it means when nobody answers (pure)
bounds          what a number and a text may be at most (pure)

modbus/         one unit on a line, over the network or a serial port
  driver          asks a unit in all its rhythms
  plan            which registers are asked for together (pure)
  bus_time        how long that keeps a line busy, and what cannot fit (pure)
  phases          when within its period each rhythm is asked, so that nothing is hit in bursts (pure)
  poll            reads one rhythm, and finds the registers that the unit refuses
  link            one unit on its line: registers asked for, bytes given
  bus             one line, shared by its units: one connection, one request at a time
  turns           whose turn it is; a dead unit does not eat the time of the living (pure)
  quiet           when a line without transaction ids may be used again (pure)
  frames          from a request to bytes, and from bytes to its answer; all that can be checked is (pure)
  streams         the bytes of a line over the network
  serial_port     the bytes of a line through a serial port
  decode          from the bytes of an answer to columns (pure)
  decode_layout   how one value lies in an answer (pure)
  decode_numbers  all values of one type at once: numbers, bits, BCD (pure)
  decode_text     strings in registers (pure)
opcua/          a server, by subscription or read in cycles
  driver          passes on what a server gives, and asks now and then for what it does not
  wishes          from signals to what a server is asked for (pure)
  link            the connection: asks, in as many calls as the server can take, and notices when nobody answers
  session         what is known of a server while one session lasts: wishes in, frames out
  nodes           finds nodes by namespace and by path, anew at every connect
  structures      how the structures of a server are built, and their bytes taken apart
  ranges          asks for the elements that are wanted of a long array, not for all of it
  subscription    what the server publishes, and that it lives
  read            what it answers when it is asked
  values          from OPC UA values to the columns of a frame (pure)
  pick            one value out of an array or a structure (pure)
  clock           watches the clocks of a server and of its sources (pure)
  hints           what to do about a signal that a server does not give (pure)
  security        who the server is and how the connection is protected, before a password is sent
  discovery       what a server says of itself before anybody logs in
fence/          keeps that driver in a process of its own, so that a malformed answer stops one device and no other
  fence           what the poller sees of it: a driver like all others
  link            the parent's end of one such child, which is stopped when it no longer speaks
  child           the inside of it: limited memory, a heartbeat, and no log of its own
  fork            the one small process that forks the children
  wire            what parent and child say to each other, as bytes; nothing is taken on trust (pure)
pki/            certificates
  folder          those on disk: our own, those we trust, those we turned away
  trust           whether a server is the one it should be (pure)
  make            our own certificate (pure)
  expiry          warns 30, 7 and 1 days before one expires
  certificate     what one says (pure)
mqtt/           sensors that publish to a broker
  driver          hears them, plainly or by Sparkplug B
  link            one connection to the broker, and the messages that wait
  topic           one plain topic and the signals in its messages (pure)
  edge_node       one edge node of Sparkplug B: births, data, deaths (pure)
  waiting         signals of which nothing was heard yet (pure)
  values          from a payload to a number, a text, a time (pure)
  rows            from readings to frames (pure)
recording/      a recording that is played as a device
  driver          plays it
  source          opens one, and gives its moments in blocks
  moment          readings of it that came together, and what is wanted of it
  from_table      a table with a column for each signal
  from_told       what a gateway has told: its messages, or the file of a replay
  pace            when each moment is due
table/          a table as it stands in a CSV file, row by row; also for the verb `replay`
  file            from its first row to its last
  lines           bytes to lines, whatever the encoding
  layout          separator, decimal mark, header, columns: settled on the first rows (pure)
  clock           which column is the time
  times           times as they stand in files (pure)
  ticks           a clock that stands still for many rows
  block           rows to numbers, fast
  cell            what one cell means (pure)
  problems        what is wrong with a file: told for the first few places, counted for all
"""
