"""edgetwin: a shop-floor gateway that says how far each of its numbers can be trusted.

The map of this house. Folder order is data order: PLCs are read in `field`, `core` decides, `uplink` tells.

    config/     the only reader of TOML and environment; one frozen tree; every mistake with file and line
    core/       numbers in, decisions out: no clock, no files, no sockets, no asyncio
      signals     the vocabulary: SignalTable, Frame, Quality, Reason, Outcome
      status      the status codes that devices give, kept and named
      estimate/   the adaptive bank: the corrected value of one signal and its sigma
      checks/     one file for each way in which a sensor can lie
      alerts/     what an alert is, and when it starts and ends
      proof/      the plain rules we compare ourselves with
      pipeline    Pipeline.step(frames, now) -> Outcome; the only place that knows the order of the above
    field/      one file per protocol behind one small contract (driver); plan (pure); poller (reconnects)
    uplink/     messages, publishing by exception, MQTT
    plant/      a simulated plant that speaks real Modbus and OPC UA, with faults on demand
    inbox       the frames that wait for the pipeline; bounded, and what is dropped is counted
    build       configuration -> parts; the only place that names every part
    chain       the parts at work: devices -> inbox -> pipeline -> uplink
    view        all that the gateway knows at one moment, for the screen
    control     the socket on which the running gateway is asked
    daemon      one task group, signals, shutdown order, systemd
    notify      what systemd hears
    logs        what the machine's own log gets to read, and never a secret
    cli/        one file per verb

Imports run one way: `core` and `config` know nothing of the rest; `field`, `uplink` and `plant` know `core`
and their own branch of `config`, never each other; then `build`, `chain`, `view`, `daemon`, `cli`, each of which
knows those before it. A test holds this true.
"""

__version__ = "0.1.0"
