"""The command line: one file per verb.

run             the gateway
watch           what the running gateway knows; ask puts the question
demo            the plant, a broker and a gateway in one process; demo_words is what it says beside the picture
check           a configuration without starting; check_summary says what the gateway would do
  check_plan      what is asked of the devices, and how busy their lines are
  check_security  how its OPC UA devices are protected, and what is still to be done
  check_live    what --live tells: each signal as it comes out now, by live (the visit) and advice (what to do)
scan            what is at an address
  scan_modbus   asks the units of a Modbus line; scan_table shows what they have
  explore       which registers a unit has, found with few requests (pure)
  scan_opcua    how an OPC UA server can be reached, and what to write for it
  scan_network  which addresses of a network listen
browse          the nodes of an OPC UA server as a tree, and as signals
  browse_link   a session that asks one thing after the other
  little_memory a bound on what a stranger's answer may take
  browse_walk   from node to node
  browse_read   what variables hold
  browse_node   a node, and what is known of it (pure)
  browse_plain  values without the types of the library (pure)
  browse_tree   what is shown (pure)
  browse_rows   variables -> signals (pure)
probe           how a Modbus device stores a value: probe_read asks, probe_table shows
  plausible     what registers may mean, ranked (pure)
pki             certificates: our own, and those of the servers we trust
  pki_own         what our own is made out for
  pki_report      certificates in words, in a table, as data
schema          the JSON schema of the configuration
template        the device templates that come with the package
import_list     the register list of a vendor -> signals (the verb is `import`, which Python keeps for itself)
  import_columns  which column says what
  import_places   how a list counts its registers
  import_types    what vendors call their types
  import_rows     rows -> signals, and what cannot be used
  import_output   signals as TOML or CSV
  judged          whether they can be pasted
replay          recorded data through the same pipeline
  replay_run      goes through the file once, and gives the account
  replay_signals  which signals the columns are
  replay_tally    what was found, counted
  replay_output   the files that are written; outcome_csv is the form of one
  progress        the bar
complaint       what a verb says when it cannot do what was asked
option          what a person types as the value of one
foreign         text from outside, made fit for a keyboard and for a topic (pure)
screen          what a view looks like (pure); terminal and keyboard are what it is shown on and answered with
"""

# Exit codes beside those of sysexits.h (os.EX_...).
USAGE = 2  # a wrong option: what argparse itself gives
INTERRUPTED = 130  # Ctrl-C: what a shell gives
